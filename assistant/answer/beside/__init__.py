"""An answer -> what stands beside it: who says otherwise, from when it is, what is missing."""
