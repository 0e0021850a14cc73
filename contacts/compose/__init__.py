"""The composer at the top of a person's page: note, email, call, meeting, letter, task."""
