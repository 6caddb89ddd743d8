"""What all reports share: the machine, tables, the looks of plots."""
