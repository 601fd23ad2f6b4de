"""Where sound comes from: devices, files and addresses, all of it 16 kHz mono in the end."""
