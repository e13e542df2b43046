/*
 * Loaded into Kamailio before anything else (LD_PRELOAD; ADR 86). Kamailio puts the memory of its TLS where all its
 * processes write, and OpenSSL keeps a list of errors and a source of randomness for each thread. What the first thread has
 * when it forks, its children take for their own: they write into one list without a lock, take one another's errors for
 * those of their own connection, and free the same memory twice. So the parent puts its own away before each fork.
 * OpenSSL makes it again for whoever needs it.
 *
 * No module of Python's. Built by setup.py like the others, and found by its name.
 */
#include <dlfcn.h>
#include <pthread.h>

static void put_away(void) {
    /* Only if TLS is in use: nothing is loaded here. */
    void *library = dlopen("libcrypto.so.3", RTLD_LAZY | RTLD_NOLOAD);
    if (library == NULL)
        return;
    void (*stop)(void) = (void (*)(void))dlsym(library, "OPENSSL_thread_stop");
    if (stop != NULL)
        stop();
    dlclose(library);
}

__attribute__((constructor)) static void begin(void) {
    pthread_atfork(put_away, NULL, NULL);
}
