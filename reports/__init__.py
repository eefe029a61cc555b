"""Reports for people: the bill, the picture, the page; made from the system only."""
