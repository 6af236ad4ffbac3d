/* A packed row in, and the row that an event makes of it out: the layout of `score/row.py`, and of the evidence in `score/evidence.py`. */
#ifndef STREAMER_ROW_H
#define STREAMER_ROW_H

#include "model.h"

#define ROW_BYTES_MAX (64 * 1024)
#define ROW_ELEMENTS 21
#define HEADER_BYTES 18
#define HEADER_PUBLISHED 1 /* where these are in the header */
#define HEADER_APPLIED 2
#define HEADER_WAKE_MS 6
#define IDS_BYTES_MAX (DIGEST_BYTES * 256)
#define EVIDENCE_BYTES_MAX 1024
#define STATES_MAX 512
#define EVENT_ID_BYTES_MAX 1024

typedef struct {
    uint32_t key;
    Bytes bytes;
} State;

typedef struct {
    Bytes header, first_seen_at, alerts, firings, profile, profile_at, categories;
    int64_t last_event_at, updated_at, due_ms, wake_ms, events, applied;
    bool born, is_erased, is_first;
    Bytes offsets, ids, references;
    uint64_t offsets_size;
    Number sums[SCORES_MAX];
    uint64_t sums_size;
    Bytes total;
    State states[STATES_MAX];
    uint64_t states_size;
} Row;

static bool read_row(Bytes bytes, Row *row) {
    In in = in_of(bytes);
    if (read_list(&in) != ROW_ELEMENTS) return false;
    row->header = read_bytes(&in);
    row->first_seen_at = read_any(&in);
    row->is_first = row->first_seen_at.size == 1 && *row->first_seen_at.at == 0xff; /* -1: of a lead that this event is the first of */
    row->last_event_at = read_whole(&in);
    row->updated_at = read_whole(&in);
    row->due_ms = read_whole(&in);
    row->wake_ms = read_whole(&in);
    row->born = read_bool(&in);
    row->events = read_whole(&in);
    row->alerts = read_any(&in);
    row->applied = read_whole(&in);
    row->offsets_size = read_map(&in);
    const uint8_t *start = in.at;
    for (uint64_t place = 0; place < 2 * row->offsets_size && !in.bad; place++) read_whole(&in);
    row->offsets = (Bytes){start, (size_t)(in.at - start)};
    row->ids = read_bytes(&in);
    row->sums_size = read_list(&in);
    if (row->sums_size > SCORES_MAX) return false;
    for (uint64_t place = 0; place < row->sums_size; place++) {
        row->sums[place] = read_number(&in);
        if (!is_tame(row->sums[place])) return false;
    }
    row->total = read_any(&in);
    row->states_size = read_map(&in);
    if (row->states_size > STATES_MAX) return false;
    for (uint64_t place = 0; place < row->states_size && !in.bad; place++) {
        row->states[place].key = (uint32_t)read_whole(&in);
        row->states[place].bytes = read_any(&in);
    }
    row->firings = read_any(&in);
    row->profile = read_any(&in);
    row->profile_at = read_any(&in);
    row->references = read_bytes(&in);
    row->categories = read_any(&in);
    row->is_erased = read_whole(&in) != 0;
    return !in.bad && in.at == in.end && row->header.size == HEADER_BYTES && row->applied >= 0 && row->applied < UINT32_MAX;
}

/* Whether the record is newer than what is applied of its topic; those at or below are replayed. */
static bool is_newer(const Row *row, int64_t topic_code, int64_t offset) {
    In in = in_of(row->offsets);
    while (in.at < in.end) {
        int64_t code = read_whole(&in), applied = read_whole(&in);
        if (code == topic_code) return offset > applied;
    }
    return true;
}

static void write_offsets(Out *out, const Row *row, int64_t topic_code, int64_t offset) {
    In in = in_of(row->offsets);
    bool is_known = false;
    while (in.at < in.end) {
        is_known = is_known || read_whole(&in) == topic_code;
        read_whole(&in);
    }
    write_map(out, row->offsets_size + !is_known);
    for (in = in_of(row->offsets); in.at < in.end;) {
        int64_t code = read_whole(&in), applied = read_whole(&in);
        write_whole(out, code);
        write_whole(out, code == topic_code ? offset : applied);
    }
    if (is_known) return;
    write_whole(out, topic_code);
    write_whole(out, offset);
}

/* How an event id is packed; a text of 256 bytes and more counts on in the form. */
enum { DEFAULT, HEX, UUID, TEXT };

static int hex_digit(uint8_t character) {
    if (character >= '0' && character <= '9') return character - '0';
    return character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
}

/* The bytes of lower-case hexadecimal digits, with dashes only where a UUID has them; false for any other text. */
static bool pack_hex(Bytes text, bool is_uuid, uint8_t *into) {
    int high = -1;
    for (size_t place = 0; place < text.size; place++) {
        bool is_dash = is_uuid && (place == 8 || place == 13 || place == 18 || place == 23);
        int digit = hex_digit(text.at[place]);
        if (is_dash ? text.at[place] != '-' : digit < 0) return false;
        if (is_dash) continue;
        if (high < 0) high = digit;
        else {
            *into++ = (uint8_t)(high << 4 | digit);
            high = -1;
        }
    }
    return true;
}

/* `pack_reference`; an event id whose `at` is NULL is the default one. */
static void write_reference(Out *out, const Event *event, int64_t topic_code, int64_t offset, Bytes event_id) {
    uint8_t packed[16];
    uint8_t form = DEFAULT;
    Bytes id = event_id;
    if (event_id.at) {
        bool is_hex = event_id.size == 32, is_uuid = event_id.size == 36;
        if ((is_hex || is_uuid) && pack_hex(event_id, is_uuid, packed)) {
            form = is_hex ? HEX : UUID;
            id = (Bytes){packed, sizeof packed};
        } else form = (uint8_t)(TEXT + (event_id.size >> 8));
    }
    write_run(out, event->serial, SERIAL_BYTES);
    write_byte(out, (uint8_t)(id.size & 0xff));
    write_byte(out, (uint8_t)(form << 4 | topic_code));
    write_time(out, event->occurred_at);
    write_time(out, offset);
    write_run(out, id.at, id.size);
}

static void put_big_endian(uint8_t *into, uint64_t value, int size) {
    while (size--) *into++ = (uint8_t)(value >> 8 * size);
}

static void write_header(Out *out, const Row *row) {
    uint8_t header[HEADER_BYTES];
    memcpy(header, row->header.at, HEADER_BYTES);
    header[HEADER_PUBLISHED] = 0;
    put_big_endian(header + HEADER_APPLIED, (uint64_t)row->applied, 4);
    put_big_endian(header + HEADER_WAKE_MS, (uint64_t)row->wake_ms, 8);
    write_bytes(out, (Bytes){header, HEADER_BYTES});
}

static void write_as_is(Out *out, Bytes bytes) { write_run(out, bytes.at, bytes.size); }

/* The row after the event, with what the event adds to its ids and its evidence. */
static void write_row(
    Out *out, const Row *row, const Event *event, int64_t topic_code, int64_t offset, Bytes id_digest, Bytes reference, Bytes categories
) {
    write_list(out, ROW_ELEMENTS);
    write_header(out, row);
    if (row->is_first) write_whole(out, event->occurred_at);
    else write_as_is(out, row->first_seen_at);
    write_whole(out, row->last_event_at);
    write_whole(out, row->updated_at);
    write_whole(out, row->due_ms);
    write_whole(out, row->wake_ms);
    write_bool(out, row->born);
    write_whole(out, row->events);
    write_as_is(out, row->alerts);
    write_whole(out, row->applied);
    write_offsets(out, row, topic_code, offset);
    write_bytes_head(out, row->ids.size + id_digest.size);
    write_as_is(out, row->ids);
    write_as_is(out, id_digest);
    write_list(out, row->sums_size);
    for (uint64_t place = 0; place < row->sums_size; place++) write_number(out, row->sums[place]);
    write_as_is(out, row->total);
    write_map(out, row->states_size);
    for (uint64_t place = 0; place < row->states_size; place++) {
        write_whole(out, row->states[place].key);
        write_as_is(out, row->states[place].bytes);
    }
    write_as_is(out, row->firings);
    write_as_is(out, row->profile);
    write_as_is(out, row->profile_at);
    write_bytes_head(out, row->references.size + reference.size);
    write_as_is(out, row->references);
    write_as_is(out, reference);
    write_as_is(out, categories);
    write_whole(out, 0);
}

#endif
