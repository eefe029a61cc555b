"""The templates: a module per tier, and the parts that tiers share."""
