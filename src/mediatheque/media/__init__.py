"""What the bytes are: `sniff` guesses from the start of a file, `Sandbox` opens it to find out, and to show it."""
