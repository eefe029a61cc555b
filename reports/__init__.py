"""What people look at: the bill, the picture, the page; made from the system alone."""
