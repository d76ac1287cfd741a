"""How many layouts `profiles learn` finds: devices with their profile hidden, and layouts drawn at random."""
