"""What is built: a module per tier, and what the tiers share."""
