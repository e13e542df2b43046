/*
 * Moves audio that needs no decision, a frame each 20 ms, so that Python wakes once for many frames (ADR 28).
 *
 * Called by the cell's one thread through ctypes, which lets go of the interpreter's lock meanwhile. pjmedia's functions
 * come as pointers: no header of another project is needed to build this, and no symbol is resolved when it is loaded.
 * What the caller must do before a frame can be sent (a fact of SIP, a word of the hub's, a loud frame) ends the call.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/types.h>
#include <time.h>

#define VERSION 3 /* of this interface: media_clock.py asks for it */

enum { FRAME_SAMPLES = 160, FRAME_BYTES = 320, BLOCK_FRAMES = 9, BLOCK_BYTES = 2880, LARGEST_BYTES = 1920, TAPS = 16, WAYS_MAX = 4 };
enum ending { WHOLE, WOKEN, NEWS, LOUD, LATE };
enum { AUDIO = 1 /* PJMEDIA_FRAME_TYPE_AUDIO */, RTP_HEADER_BYTES = 12 };

static const int64_t SECOND = 1000000000;
static const int64_t STEP = 20000000;

struct frame { /* pjmedia_frame */
    int type;
    void *buf;
    size_t size;
    uint64_t timestamp;
    uint32_t bit_info;
};

struct moment { /* pj_time_val */
    long sec, msec;
};

struct library {
    int (*poll)(void *ioqueue, const struct moment *timeout);
    int (*get_frame)(void *port, struct frame *frame);
    int (*put_frame)(void *port, struct frame *frame);
    void (*resample)(void *resampler, const int16_t *in, int16_t *out);
    unsigned (*run_timers)(void *timers, struct moment *next);
    void *ioqueue, *timers;
};

struct way {                /* one leg */
    void *port;             /* of its stream; NULL: it has none */
    void *down, *up;        /* resamplers of a wideband stream */
    uint64_t timestamp;     /* of the next packet, in the stream's samples */
    const uint8_t *pcm;     /* what it hears; silence when that is over */
    uint8_t *heard;         /* room for what it says */
    uint32_t native_bytes;  /* of a frame of the stream */
    uint32_t pcm_bytes;
    int32_t of;             /* index of the way that it hears instead of pcm; -1: none */
    int32_t sends;          /* whether it is sent anything */
};

struct stretch {
    struct way *ways;
    int64_t due;            /* CLOCK_MONOTONIC of the next frame, ns */
    volatile int32_t *news; /* not 0: a callback has something to tell */
    int32_t wakes;          /* an epoll: something to read there ends the stretch */
    int32_t ways_count, frames, loud;
    int32_t passed;         /* frames of earlier calls: there `pcm` goes on */
    int32_t ending;
    int (*keep)(void *journal, uint64_t sample, const uint8_t *in, const uint8_t *out, size_t bytes); /* or NULL */
    void *journal;
    uint64_t sample;        /* of its first frame, those of earlier calls included */
};

/* 0: the kernel cannot wait to the microsecond (it is older than Linux 5.11). */
int ivr_clock_version(void) {
    struct epoll_event first;
    const struct timespec at_once = {0, 0};
    return epoll_pwait2(-1, &first, 1, &at_once, NULL) < 0 && errno == ENOSYS ? 0 : VERSION;
}

static int64_t monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

/* Whether the time came; else something is to be read, or a signal is to be handled. A frame that is due goes first:
 * who sends us more than can be read must not silence the call. */
static int sleeps_until(int64_t due, int wakes) {
    int64_t left = due - monotonic();
    if (left <= 0) return 1;
    struct timespec wait = {left / SECOND, left % SECOND};
    struct epoll_event first;
    return epoll_pwait2(wakes, &first, 1, &wait, NULL) == 0;
}

static void hears(const struct library *lib, const struct way *way, uint8_t *pcm) {
    uint8_t native[LARGEST_BYTES];
    struct frame frame = {.buf = way->down ? native : pcm, .size = way->native_bytes};
    int heard = way->port && lib->get_frame(way->port, &frame) == 0 && frame.type == AUDIO;
    if (!heard) memset(frame.buf, 0, way->native_bytes);
    if (way->down) lib->resample(way->down, (const int16_t *)native, (int16_t *)pcm);
}

static void says(const struct library *lib, struct way *way, const uint8_t *pcm) {
    uint8_t native[LARGEST_BYTES];
    if (!way->port || !way->sends) return;
    if (way->up) lib->resample(way->up, (const int16_t *)pcm, (int16_t *)native);
    else memcpy(native, pcm, FRAME_BYTES);
    struct frame frame = {.type = AUDIO, .buf = native, .size = way->native_bytes, .timestamp = way->timestamp};
    way->timestamp += way->native_bytes / 2;
    lib->put_frame(way->port, &frame);
}

static int is_loud(const uint8_t *pcm, int loud) {
    const int16_t *samples = (const int16_t *)pcm;
    for (int at = 0; at < FRAME_SAMPLES; at++)
        if (samples[at] > loud || samples[at] < -loud) return 1;
    return 0;
}

static void move(const struct library *lib, const struct stretch *stretch, int number) {
    static const uint8_t silence[FRAME_BYTES];
    size_t room = (size_t)number * FRAME_BYTES, at = room + (size_t)stretch->passed * FRAME_BYTES;
    for (int n = 0; n < stretch->ways_count; n++) hears(lib, &stretch->ways[n], stretch->ways[n].heard + room);
    for (int n = 0; n < stretch->ways_count; n++) {
        struct way *way = &stretch->ways[n];
        const uint8_t *own = at + FRAME_BYTES <= way->pcm_bytes ? way->pcm + at : silence;
        says(lib, way, way->of >= 0 ? stretch->ways[way->of].heard + room : own);
    }
}

/* What the caller said and heard in the block before frame `end` goes into the journal (ADR 77). Whether it goes on. */
static int keeps(const struct stretch *stretch, int end) {
    const struct way *caller = stretch->ways;
    uint8_t rest[BLOCK_BYTES];
    size_t begin = (size_t)(end - BLOCK_FRAMES) * FRAME_BYTES, at = begin + (size_t)stretch->passed * FRAME_BYTES;
    uint64_t sample = stretch->sample + at / (FRAME_BYTES / FRAME_SAMPLES);
    size_t there = !caller->sends || caller->pcm_bytes <= at ? 0 : caller->pcm_bytes - at;
    const uint8_t *out = caller->pcm + at;
    if (there < BLOCK_BYTES) {
        memset(rest, 0, sizeof rest);
        if (there) memcpy(rest, out, there);
        out = rest;
    }
    return stretch->keep(stretch->journal, sample, caller->heard + begin, out, BLOCK_BYTES);
}

/* Returns how many frames were moved; stretch->ending says why no more, and stretch->due when it goes on.
 * SIP's timers are looked at once a block, as they are where Python polls. */
int ivr_carry(const struct library *lib, struct stretch *stretch) {
    const struct moment at_once = {0, 0};
    int moved = 0;
    stretch->ending = WHOLE;
    for (; moved < stretch->frames; stretch->due += STEP) {
        int64_t due = stretch->due;
        if (!sleeps_until(due, stretch->wakes)) {
            stretch->ending = WOKEN;
            break;
        }
        if (moved % BLOCK_FRAMES == 0) lib->run_timers(lib->timers, NULL);
        lib->poll(lib->ioqueue, &at_once);
        if (*stretch->news) {
            stretch->ending = NEWS;
            break;
        }
        move(lib, stretch, moved++);
        if (stretch->keep && moved % BLOCK_FRAMES == 0 && !keeps(stretch, moved)) {
            stretch->ending = NEWS;
            break;
        }
        if (stretch->loud >= 0 && is_loud(stretch->ways[0].heard + (size_t)(moved - 1) * FRAME_BYTES, stretch->loud)) {
            stretch->ending = LOUD;
            break;
        }
        if (monotonic() >= due + 2 * STEP) { /* the next one is late by a frame: that is counted */
            stretch->ending = LATE;
            break;
        }
    }
    return moved;
}

/* --- RTP that says nothing new: the next packet of the same source, and no key (ADR 23) ----------------------------- */

struct packet { /* head of pjmedia_tp_cb_param */
    void *user_data;
    const uint8_t *data;
    ssize_t size;
};

struct tap {
    void *user_data;         /* NULL: free */
    void (*go_on)(void *);   /* pjmedia's own callback */
    uint32_t source;         /* SSRC */
    int32_t event_type;      /* payload type of keys; below 0: none */
    int32_t next;            /* sequence number that is due; below 0: nothing is known yet */
};

struct tap ivr_taps[TAPS];
void (*ivr_look)(void *); /* told of every other packet; passes it on itself */

static uint32_t big_endian(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

void ivr_tap(void *parameter) {
    const struct packet *packet = parameter;
    for (int n = 0; n < TAPS; n++) {
        struct tap *tap = &ivr_taps[n];
        if (tap->user_data != packet->user_data || tap->next < 0 || packet->size < RTP_HEADER_BYTES) continue;
        const uint8_t *head = packet->data;
        if ((head[0] & 0xC0) == 0x80 && (head[1] & 0x7F) != tap->event_type &&
            (head[2] << 8 | head[3]) == tap->next && big_endian(head + 8) == tap->source) {
            tap->next = (tap->next + 1) & 0xFFFF;
            tap->go_on(parameter);
            return;
        }
    }
    ivr_look(parameter);
}
