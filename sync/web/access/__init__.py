"""Who is let in: users by password, programs by token, and what each may do."""
