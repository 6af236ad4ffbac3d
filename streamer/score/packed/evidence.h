/* The references of a row: those that no rule holds any more dropped, as `Bounds.prune_evidence`; those of a rule as the JSON of an
   alert's evidence, as `score/reasons.py`. */
#ifndef STREAMER_EVIDENCE_H
#define STREAMER_EVIDENCE_H

#include "row.h"

#define TOPIC_CODES_MAX 16
#define PRUNED_BYTES_MAX (EVIDENCE_BYTES_MAX * 13 / 16)

/* How the JSON of a reference to a topic's records begins, up to the offset, and their default event id, up to the offset. */
typedef struct {
    Bytes start, name;
} TopicText;

typedef struct {
    const uint8_t *serial;
    uint8_t form, topic_code;
    int64_t occurred_at, offset;
    Bytes id;
} Reference;

static int64_t read_six_bytes(In *in) { return (int64_t)read_big_endian(in, TIME_BYTES); }

static Reference read_reference(In *in) {
    Reference one;
    one.serial = read_run(in, SERIAL_BYTES).at;
    size_t size = read_byte(in);
    uint8_t form = read_byte(in);
    one.form = form >> 4;
    one.topic_code = form & 0x0f;
    one.occurred_at = read_six_bytes(in);
    one.offset = read_six_bytes(in);
    one.id = read_run(in, size + (one.form > TEXT ? 256 * (size_t)(one.form - TEXT) : 0));
    return one;
}

static uint8_t held[(UINT16_MAX + 1) / 8]; /* a bit for each serial */

static uint16_t number_of_serial(const uint8_t *serial) { return (uint16_t)(serial[0] << 8 | serial[1]); }

static void hold(const uint8_t *serial) { held[number_of_serial(serial) / 8] |= (uint8_t)(1 << number_of_serial(serial) % 8); }

static bool is_held(const uint8_t *serial) { return held[number_of_serial(serial) / 8] >> number_of_serial(serial) % 8 & 1; }

static bool is_list(Bytes value) { return value.size && ((*value.at & 0xf0) == 0x90 || *value.at == 0xdc); }

static bool is_map(const In *in) { return !in->bad && in->at < in->end && ((*in->at & 0xf0) == 0x80 || *in->at == 0xde); }

/* Notes the serials of a state; in a state of a rule that judges values apart, those of each value's. */
static void hold_serials(Bytes state, bool is_of_value) {
    In in = in_of(state);
    uint64_t elements = read_list(&in);
    read_number(&in);
    read_number(&in);
    Bytes serials = read_bytes(&in);
    for (size_t at = 0; !in.bad && at + SERIAL_BYTES <= serials.size; at += SERIAL_BYTES) hold(serials.at + at);
    if (is_of_value || elements <= 3 || !is_map(&in)) return;
    for (uint64_t left = read_map(&in); left && !in.bad; left--) {
        read_any(&in);
        Bytes one = read_any(&in);
        if (!in.bad && is_list(one)) hold_serials(one, true);
    }
}

/* The state with only those serials that are held. */
static void drop_serials(Bytes state, bool is_of_value, Out *out) {
    In in = in_of(state);
    const uint8_t *start = in.at;
    uint64_t elements = read_list(&in);
    read_number(&in);
    read_number(&in);
    write_run(out, start, (size_t)(in.at - start));
    Bytes serials = read_bytes(&in);
    uint8_t left[SERIAL_BYTES * EVIDENCE_REFS_MAX];
    Out kept = {left, left, left + sizeof left, in.bad};
    for (size_t at = 0; at + SERIAL_BYTES <= serials.size; at += SERIAL_BYTES)
        if (is_held(serials.at + at)) write_run(&kept, serials.at + at, SERIAL_BYTES);
    write_bytes(out, (Bytes){left, (size_t)(kept.at - kept.start)});
    out->bad = out->bad || kept.bad;
    if (!is_of_value && elements > 3 && is_map(&in)) {
        uint64_t size = read_map(&in);
        write_map(out, size);
        for (; size && !in.bad; size--) {
            Bytes value = read_any(&in), one = read_any(&in);
            write_run(out, value.at, value.size);
            if (is_list(one)) drop_serials(one, true, out);
            else write_run(out, one.at, one.size);
        }
    }
    write_run(out, in.at, left_in(&in));
    out->bad = out->bad || in.bad;
}

/* The references that are held, with the newest one. When they are too many the oldest go, and with them their serials: `drops`. */
static bool prune(Row *row, Bytes newest, Out *kept, Out *states, bool *drops) {
    memset(held, 0, sizeof held);
    for (uint64_t place = 0; place < row->states_size; place++) hold_serials(row->states[place].bytes, false);
    Bytes parts[] = {row->references, newest};
    for (size_t part = 0; part < 2; part++) {
        In in = in_of(parts[part]);
        while (in.at < in.end) {
            const uint8_t *start = in.at;
            Reference one = read_reference(&in);
            if (in.bad) return false;
            if (is_held(one.serial)) write_run(kept, start, (size_t)(in.at - start));
        }
    }
    In in = {kept->start, kept->at, kept->bad};
    while (!in.bad && left_in(&in) > PRUNED_BYTES_MAX) read_reference(&in);
    row->references = (Bytes){in.at, left_in(&in)};
    *drops = in.at > kept->start;
    if (!*drops) return !in.bad;
    memset(held, 0, sizeof held);
    while (in.at < in.end && !in.bad) hold(read_reference(&in).serial);
    for (State *state = row->states; state < row->states + row->states_size; state++) {
        const uint8_t *start = states->at;
        drop_serials(state->bytes, false, states);
        state->bytes = (Bytes){start, (size_t)(states->at - start)};
    }
    return !in.bad && !states->bad;
}

static void write_text(Out *out, const char *text) { write_run(out, text, strlen(text)); }

static void write_digits(Out *out, int64_t value, int digits) {
    if (!has_room(out, (size_t)digits)) return;
    for (int place = digits - 1; place >= 0; place--, value /= 10) out->at[place] = (uint8_t)('0' + value % 10);
    out->at += digits;
}

static void write_decimal(Out *out, int64_t value) {
    int digits = 1;
    for (int64_t rest = value; rest >= 10; rest /= 10) digits++;
    write_digits(out, value, digits);
}

/* The time since 1970 in UTC, as `format_rfc3339`; the date by the algorithm `civil_from_days` of Howard Hinnant. */
static void write_time_text(Out *out, int64_t time_ms) {
    int64_t second = time_ms / 1000, days = second / 86400 + 719468, era = days / 146097, of_era = days % 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * of_year + 2) / 153, month = shifted < 10 ? shifted + 3 : shifted - 9;
    write_digits(out, year_of_era + era * 400 + (month <= 2), 4);
    write_text(out, "-");
    write_digits(out, month, 2);
    write_text(out, "-");
    write_digits(out, of_year - (153 * shifted + 2) / 5 + 1, 2);
    write_text(out, "T");
    write_digits(out, second / 3600 % 24, 2);
    write_text(out, ":");
    write_digits(out, second / 60 % 60, 2);
    write_text(out, ":");
    write_digits(out, second % 60, 2);
    write_text(out, ".");
    write_digits(out, time_ms % 1000, 3);
    write_text(out, "Z");
}

static void write_hex(Out *out, Bytes bytes, bool is_uuid) {
    for (size_t place = 0; place < bytes.size; place++) {
        if (is_uuid && (place == 4 || place == 6 || place == 8 || place == 10)) write_text(out, "-");
        write_byte(out, (uint8_t)"0123456789abcdef"[bytes.at[place] >> 4]);
        write_byte(out, (uint8_t)"0123456789abcdef"[bytes.at[place] & 0x0f]);
    }
}

/* False for an id that JSON has to escape. */
static bool write_event_id(Out *out, const Reference *one, Bytes topic_name) {
    if (one->form == DEFAULT) {
        write_as_is(out, topic_name);
        write_decimal(out, one->offset);
    } else if (one->form == HEX || one->form == UUID) write_hex(out, one->id, one->form == UUID);
    else {
        for (size_t place = 0; place < one->id.size; place++)
            if (one->id.at[place] < 0x20 || one->id.at[place] == '"' || one->id.at[place] == '\\') return false;
        write_as_is(out, one->id);
    }
    return true;
}

/* The last reference under a serial. */
static bool find_reference(Bytes references, const uint8_t *serial, Reference *found) {
    In in = in_of(references);
    bool is_there = false;
    while (in.at < in.end && !in.bad) {
        Reference one = read_reference(&in);
        if (in.bad || memcmp(one.serial, serial, SERIAL_BYTES)) continue;
        *found = one;
        is_there = true;
    }
    return is_there && !in.bad;
}

/* The references of these serials that are later than a time, as a JSON array; nothing when there are none. False for what is left to
   Python. */
static bool write_evidence(Out *out, Bytes references, Bytes serials, int64_t than_ms, const TopicText *topics) {
    for (size_t at = 0; at + SERIAL_BYTES <= serials.size; at += SERIAL_BYTES) {
        Reference one = {0};
        if (!find_reference(references, serials.at + at, &one) || one.occurred_at <= than_ms) continue;
        const TopicText *topic = &topics[one.topic_code];
        if (!topic->start.at) return false;
        write_text(out, out->at == out->start ? "[" : ",");
        write_as_is(out, topic->start);
        write_decimal(out, one.offset);
        write_text(out, ",\"event_id\":\"");
        if (!write_event_id(out, &one, topic->name)) return false;
        write_text(out, "\",\"occurred_at\":\"");
        write_time_text(out, one.occurred_at);
        write_text(out, "\"}");
    }
    if (out->at > out->start) write_text(out, "]");
    return !out->bad;
}

#endif
