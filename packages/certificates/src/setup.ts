/** The library asks for this before it is loaded itself. */
import "reflect-metadata";
