// The part of the prelude that talks to mongosh and to the database.
