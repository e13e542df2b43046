/*
 * Seals a journal's frames where they arise, also while no Python runs, and keeps them until another thread takes them
 * (ADR 77). The format is ivr/core/vault/journal.py's, byte by byte; the cipher is OpenSSL's, whose functions come as
 * pointers: no header is needed to build this, and no symbol is resolved when it is loaded.
 *
 * One thread hands in, another takes. The frames' counter, which makes each nonce, is moved here and nowhere else.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define VERSION 1 /* of this interface: journals.py asks for it */

enum { KEY_BYTES = 32, NONCE_BYTES = 12, TAG_BYTES = 16, HEAD_TAG_BYTES = 8, PLAIN_HEAD_BYTES = 5, HEAD_BYTES = 13 };
enum { GET_TAG = 0x10 /* EVP_CTRL_AEAD_GET_TAG */, AUDIO = 1, BOTH_WAYS = 3 /* caller.in and caller.out */ };

struct openssl {
    void *(*context)(void);
    void (*forget)(void *context);
    const void *(*aes_256_gcm)(void);
    int (*begin)(void *context, const void *cipher, void *engine, const uint8_t *key, const uint8_t *nonce);
    int (*update)(void *context, uint8_t *out, int *out_bytes, const uint8_t *in, int in_bytes);
    int (*end)(void *context, uint8_t *out, int *out_bytes);
    int (*control)(void *context, int what, int size, void *at);
};

struct part {
    const uint8_t *at;
    size_t size;
};

struct journal {
    const struct openssl *ssl;
    void *body, *head; /* cipher contexts */
    uint8_t nonce[NONCE_BYTES];
    uint64_t counter;
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t told;
    uint8_t *sealed;
    size_t used, room;
    int roused;
    int refuses; /* without the lock */
};

int ivr_journal_version(void) { return VERSION; }

static void *keyed(const struct openssl *ssl, const uint8_t *key) {
    void *context = ssl->context();
    if (context && ssl->begin(context, ssl->aes_256_gcm(), NULL, key, NULL) == 1) return context;
    if (context) ssl->forget(context);
    return NULL;
}

void ivr_journal_free(struct journal *journal) {
    if (journal->body) journal->ssl->forget(journal->body);
    if (journal->head) journal->ssl->forget(journal->head);
    pthread_cond_destroy(&journal->told);
    pthread_mutex_destroy(&journal->lock);
    free(journal->sealed);
    free(journal);
}

/* NULL: there is no memory, or OpenSSL refuses. */
struct journal *ivr_journal_new(const struct openssl *ssl, const uint8_t *key, const uint8_t *nonce, const uint8_t *head) {
    struct journal *journal = calloc(1, sizeof *journal);
    if (!journal) return NULL;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&journal->told, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&journal->lock, NULL);
    memcpy(journal->nonce, nonce, NONCE_BYTES);
    journal->ssl = ssl;
    journal->body = keyed(ssl, key);
    journal->head = keyed(ssl, head);
    if (journal->body && journal->head) return journal;
    ivr_journal_free(journal);
    return NULL;
}

/* The counter's nonce, for a key whose nonces begin at `base`. */
static void nonce_of(uint8_t *nonce, const uint8_t *base, uint64_t counter) {
    memcpy(nonce, base, NONCE_BYTES);
    for (int at = NONCE_BYTES - 1; at >= NONCE_BYTES - 8; at--, counter >>= 8) nonce[at] ^= (uint8_t)counter;
}

/* Seals `parts` behind `known`, which is authenticated only; returns how many bytes there are at `out`, -1 on an error. */
static int encrypt(const struct openssl *ssl, void *context, const uint8_t *nonce, struct part known,
                   const struct part *parts, int count, uint8_t *out, uint8_t *tag) {
    int size = 0, more = 0;
    int good = ssl->begin(context, NULL, NULL, NULL, nonce) == 1 &&
               ssl->update(context, NULL, &more, known.at, (int)known.size) == 1;
    for (int n = 0; good && n < count; n++) {
        if (!parts[n].size) continue;
        good = ssl->update(context, out + size, &more, parts[n].at, (int)parts[n].size) == 1;
        size += more;
    }
    good = good && ssl->end(context, out + size, &more) == 1 && ssl->control(context, GET_TAG, TAG_BYTES, tag) == 1;
    return good ? size + more : -1;
}

static int has_room(struct journal *journal, size_t size) {
    if (journal->room - journal->used >= size) return 1;
    uint8_t *larger = realloc(journal->sealed, journal->used + size);
    if (!larger) return 0;
    journal->sealed = larger;
    journal->room = journal->used + size;
    return 1;
}

/* Whether the next frame was sealed; nothing of it stays where it was not. */
static int seal(struct journal *journal, int kind, const struct part *parts, int count) {
    static const uint8_t zeros[NONCE_BYTES];
    size_t plain = 0;
    for (int n = 0; n < count; n++) plain += parts[n].size;
    size_t length = plain + TAG_BYTES;
    if (!has_room(journal, HEAD_BYTES + length)) return 0;
    uint8_t *head = journal->sealed + journal->used, *body = head + HEAD_BYTES, nonce[NONCE_BYTES], tag[TAG_BYTES];
    for (int at = 0; at < 4; at++) head[at] = (uint8_t)(length >> (24 - 8 * at));
    head[4] = (uint8_t)kind;
    uint64_t counter = journal->counter++;
    nonce_of(nonce, zeros, counter);
    struct part known = {head, PLAIN_HEAD_BYTES};
    if (encrypt(journal->ssl, journal->head, nonce, known, NULL, 0, tag, tag) != 0) return 0;
    memcpy(head + PLAIN_HEAD_BYTES, tag, HEAD_TAG_BYTES);
    nonce_of(nonce, journal->nonce, counter);
    known.size = HEAD_BYTES;
    if (encrypt(journal->ssl, journal->body, nonce, known, parts, count, body, body + plain) != (int)plain) return 0;
    journal->used += HEAD_BYTES + length;
    return 1;
}

/* Whether a frame of any kind was sealed. It waits for the next `take`, which is not roused. */
int ivr_journal_seal(struct journal *journal, int kind, const uint8_t *plain, size_t size) {
    const struct part whole = {plain, size};
    pthread_mutex_lock(&journal->lock);
    int sealed = seal(journal, kind, &whole, 1);
    pthread_mutex_unlock(&journal->lock);
    return sealed;
}

/* Nothing more is to be kept, since it cannot be written. */
void ivr_journal_refuse(struct journal *journal) { __atomic_store_n(&journal->refuses, 1, __ATOMIC_RELAXED); }

/* Whether a block could not be sealed, or nothing more is to be kept. */
int ivr_journal_refuses(struct journal *journal) {
    return __atomic_load_n(&journal->refuses, __ATOMIC_RELAXED); /* no lock: the media thread must not wait here */
}

/* A block of what the caller said and heard, sealed and on its way: called by the media clock. Whether more is wanted. */
int ivr_journal_keep(struct journal *journal, uint64_t first_sample, const uint8_t *in, const uint8_t *out, size_t size) {
    uint8_t layout[10] = {[9] = BOTH_WAYS};
    for (int at = 0; at < 8; at++) layout[at] = (uint8_t)(first_sample >> (56 - 8 * at));
    const struct part parts[] = {{layout, sizeof layout}, {in, size}, {out, size}};
    pthread_mutex_lock(&journal->lock);
    if (!seal(journal, AUDIO, parts, 3)) ivr_journal_refuse(journal);
    journal->roused = 1;
    pthread_mutex_unlock(&journal->lock);
    pthread_cond_signal(&journal->told); /* unlocked: who wakes must not have to wait for the lock */
    return !ivr_journal_refuses(journal);
}

void ivr_journal_rouse(struct journal *journal) {
    pthread_mutex_lock(&journal->lock);
    journal->roused = 1;
    pthread_mutex_unlock(&journal->lock);
    pthread_cond_signal(&journal->told);
}

/* What was sealed, once somebody rouses or `wait` ns are over: how many bytes it put at `out`. What has no room there
 * is given by the next call, which does not wait. */
size_t ivr_journal_take(struct journal *journal, int64_t wait, uint8_t *out, size_t room) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + wait;
    until.tv_sec += ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    pthread_mutex_lock(&journal->lock);
    while (!journal->roused && pthread_cond_timedwait(&journal->told, &journal->lock, &until) != ETIMEDOUT) continue;
    size_t taken = journal->used < room ? journal->used : room;
    memcpy(out, journal->sealed, taken);
    journal->used -= taken;
    memmove(journal->sealed, journal->sealed + taken, journal->used);
    journal->roused = journal->used > 0;
    pthread_mutex_unlock(&journal->lock);
    return taken;
}
