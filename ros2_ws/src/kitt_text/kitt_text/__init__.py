"""The command grammar in three languages: from words to commands and slots, no ROS."""
