"""What members write down about a person: notes, calls, meetings, letters; and what they mean to do."""
