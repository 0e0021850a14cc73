"""What the pages of cases show, read in as few queries as they can be: one module for each pane."""
