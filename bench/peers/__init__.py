"""What others would use, on the same work in the same run."""
