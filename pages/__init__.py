"""What people see: thin pages over `core.studio`."""
