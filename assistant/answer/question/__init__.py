"""History and question -> what is asked and searched for."""
