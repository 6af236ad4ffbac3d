"""The models that come with the project, each with days in the life of a lead; and every condition of the documentation."""
