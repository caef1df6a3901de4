"""Write source code that parses, in several languages, and change it the way people do."""
