"""Make the evidence of an outage from a declarative scenario and a seed."""
