"""Find answers in what students get, however they are written: the last gate of a build."""
