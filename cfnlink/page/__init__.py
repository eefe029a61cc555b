"""One page about an environment: picture, bill, stacks, alarms, traffic, findings."""
