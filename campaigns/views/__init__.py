"""The pages of a campaign, from its first word to its report."""
