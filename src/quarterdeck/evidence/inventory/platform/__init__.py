"""What the software runs on and is built with: images, workflows, infrastructure and tools."""
