"""Collections and characters: members, hierarchy, images, smart filters."""
