"""The Outage Lab: investigate the outage of a small demo bank."""
