"""The linked system: the one model that every check, report and operation reads."""
