"""What is installed, what is missing and how fast each stage is: `info`, `doctor`, `bench`."""
