"""Where packets come from: Bluetooth, or a recording."""
