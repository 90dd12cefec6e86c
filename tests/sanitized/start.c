/*
 * start.c: nothing, compiled with a sanitizer.
 *
 * A program that was made without ThreadSanitizer does not start it, and one
 * with its library loaded that forks before anything else has started it (a
 * shell, kpropd) would fall.  What is compiled with it starts it when it is
 * loaded; so this is loaded, too.
 */
extern int kx_sanitizer_started;

int kx_sanitizer_started = 1;
