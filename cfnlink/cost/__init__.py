"""The bill of an environment, from its linked system and its usage assumptions."""
