"""What became of a campaign, in figures and people."""
