"""Lint a linked system with cfn-lint's rules and ours."""
