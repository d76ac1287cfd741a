"""The simulated wearer and the virtual sensor."""
