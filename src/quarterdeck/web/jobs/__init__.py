"""Work that goes on behind the pages, in processes of its own."""
