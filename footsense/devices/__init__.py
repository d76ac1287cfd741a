"""Device profiles: read, checked, compiled; packets decoded, commands built."""
