"""What makes files of the project that nobody writes by hand."""
