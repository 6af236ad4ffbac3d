/* MessagePack in and out, as far as a row needs it, in msgspec's own choice among the forms of a number. Nothing is read beyond the end
   of what came in and nothing written beyond the room there is: `bad` says that it did not work out, and stays. */
#ifndef STREAMER_MSGPACK_H
#define STREAMER_MSGPACK_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    const uint8_t *at, *end;
    bool bad;
} In;

typedef struct {
    uint8_t *start, *at, *end;
    bool bad;
} Out;

typedef struct {
    const uint8_t *at;
    size_t size;
} Bytes;

/* A number as Python has it: a whole one stays whole until a fraction comes in. */
typedef struct {
    bool is_real;
    int64_t whole;
    double real;
} Number;

#define WHOLE_MAX (1LL << 53) /* up to here a whole number and its float are the same */

static inline In in_of(Bytes bytes) { return (In){bytes.at, bytes.at + bytes.size, false}; }

static inline size_t left_in(const In *in) { return (size_t)(in->end - in->at); }

static uint8_t read_byte(In *in) {
    if (in->bad || in->at >= in->end) {
        in->bad = true;
        return 0xc1; /* which MessagePack never uses */
    }
    return *in->at++;
}

static uint64_t read_big_endian(In *in, size_t size) {
    if (in->bad || left_in(in) < size) {
        in->bad = true;
        return 0;
    }
    uint64_t value = 0;
    for (size_t place = 0; place < size; place++) value = value << 8 | in->at[place];
    in->at += size;
    return value;
}

static Bytes read_run(In *in, uint64_t size) {
    if (in->bad || left_in(in) < size) {
        in->bad = true;
        return (Bytes){NULL, 0};
    }
    Bytes run = {in->at, (size_t)size};
    in->at += size;
    return run;
}

static Number read_number(In *in) {
    Number number = {false, 0, 0};
    uint8_t head = read_byte(in);
    if (head < 0x80) number.whole = head;
    else if (head >= 0xe0) number.whole = (int8_t)head;
    else if (head == 0xcb) {
        uint64_t bits = read_big_endian(in, 8);
        memcpy(&number.real, &bits, 8);
        number.is_real = true;
    } else if (head >= 0xcc && head <= 0xcf) {
        uint64_t value = read_big_endian(in, (size_t)1 << (head - 0xcc));
        if (value > INT64_MAX) in->bad = true;
        number.whole = (int64_t)value;
    } else if (head == 0xd0) number.whole = (int8_t)read_big_endian(in, 1);
    else if (head == 0xd1) number.whole = (int16_t)read_big_endian(in, 2);
    else if (head == 0xd2) number.whole = (int32_t)read_big_endian(in, 4);
    else if (head == 0xd3) number.whole = (int64_t)read_big_endian(in, 8);
    else in->bad = true;
    return number;
}

static int64_t read_whole(In *in) {
    Number number = read_number(in);
    if (number.is_real || number.whole > WHOLE_MAX || number.whole < -WHOLE_MAX) in->bad = true;
    return in->bad ? 0 : number.whole;
}

static bool read_bool(In *in) {
    uint8_t head = read_byte(in);
    if (head != 0xc2 && head != 0xc3) in->bad = true;
    return head == 0xc3;
}

static bool next_is_nil(const In *in) { return !in->bad && in->at < in->end && *in->at == 0xc0; }

static Bytes read_bytes(In *in) {
    uint8_t head = read_byte(in);
    if (head < 0xc4 || head > 0xc6) {
        in->bad = true;
        return (Bytes){NULL, 0};
    }
    return read_run(in, read_big_endian(in, (size_t)1 << (head - 0xc4)));
}

static uint64_t read_list(In *in) {
    uint8_t head = read_byte(in);
    if ((head & 0xf0) == 0x90) return head & 0x0f;
    if (head == 0xdc) return read_big_endian(in, 2);
    if (head == 0xdd) return read_big_endian(in, 4);
    in->bad = true;
    return 0;
}

static uint64_t read_map(In *in) {
    uint8_t head = read_byte(in);
    if ((head & 0xf0) == 0x80) return head & 0x0f;
    if (head == 0xde) return read_big_endian(in, 2);
    if (head == 0xdf) return read_big_endian(in, 4);
    in->bad = true;
    return 0;
}

/* The next value as it stands, whatever it is. */
static Bytes read_any(In *in) {
    const uint8_t *start = in->at;
    uint64_t open = 1; /* values still to come */
    while (open && !in->bad) {
        open--;
        uint8_t head = read_byte(in);
        if (head < 0x80 || head >= 0xe0 || head == 0xc0 || head == 0xc2 || head == 0xc3) continue;
        if (head <= 0x8f) open += 2 * (uint64_t)(head & 0x0f);
        else if (head <= 0x9f) open += head & 0x0f;
        else if (head <= 0xbf) read_run(in, head & 0x1f);
        else if (head >= 0xc4 && head <= 0xc6) read_run(in, read_big_endian(in, (size_t)1 << (head - 0xc4)));
        else if (head == 0xcb) read_run(in, 8);
        else if (head >= 0xcc && head <= 0xcf) read_run(in, 1u << (head - 0xcc));
        else if (head >= 0xd0 && head <= 0xd3) read_run(in, 1u << (head - 0xd0));
        else if (head >= 0xd9 && head <= 0xdb) read_run(in, read_big_endian(in, (size_t)1 << (head - 0xd9)));
        else if (head == 0xdc || head == 0xdd) open += read_big_endian(in, head == 0xdc ? 2 : 4);
        else if (head == 0xde || head == 0xdf) open += 2 * read_big_endian(in, head == 0xde ? 2 : 4);
        else in->bad = true;
    }
    return (Bytes){start, (size_t)(in->at - start)};
}

static bool has_room(Out *out, size_t size) {
    if (out->bad || (size_t)(out->end - out->at) < size) out->bad = true;
    return !out->bad;
}

static void write_run(Out *out, const void *from, size_t size) {
    if (!has_room(out, size)) return;
    if (size) memcpy(out->at, from, size);
    out->at += size;
}

static void write_headed(Out *out, uint8_t head, uint64_t value, int size) {
    if (!has_room(out, (size_t)size + 1)) return;
    *out->at++ = head;
    while (size--) *out->at++ = (uint8_t)(value >> 8 * size);
}

static void write_byte(Out *out, uint8_t byte) { write_headed(out, byte, 0, 0); }

static void write_whole(Out *out, int64_t value) {
    if (value >= 0) {
        if (value < 0x80) write_byte(out, (uint8_t)value);
        else if (value <= UINT8_MAX) write_headed(out, 0xcc, (uint64_t)value, 1);
        else if (value <= UINT16_MAX) write_headed(out, 0xcd, (uint64_t)value, 2);
        else if (value <= UINT32_MAX) write_headed(out, 0xce, (uint64_t)value, 4);
        else write_headed(out, 0xcf, (uint64_t)value, 8);
    } else if (value >= -32) write_byte(out, (uint8_t)value);
    else if (value >= INT8_MIN) write_headed(out, 0xd0, (uint64_t)value, 1);
    else if (value >= INT16_MIN) write_headed(out, 0xd1, (uint64_t)value, 2);
    else if (value >= INT32_MIN) write_headed(out, 0xd2, (uint64_t)value, 4);
    else write_headed(out, 0xd3, (uint64_t)value, 8);
}

static void write_number(Out *out, Number number) {
    if (!number.is_real) {
        write_whole(out, number.whole);
        return;
    }
    uint64_t bits;
    memcpy(&bits, &number.real, 8);
    write_headed(out, 0xcb, bits, 8);
}

static void write_bool(Out *out, bool value) { write_byte(out, value ? 0xc3 : 0xc2); }

static void write_nil(Out *out) { write_byte(out, 0xc0); }

static void write_bytes_head(Out *out, size_t size) {
    if (size <= UINT8_MAX) write_headed(out, 0xc4, size, 1);
    else if (size <= UINT16_MAX) write_headed(out, 0xc5, size, 2);
    else out->bad = true;
}

static void write_bytes(Out *out, Bytes bytes) {
    write_bytes_head(out, bytes.size);
    write_run(out, bytes.at, bytes.size);
}

static void write_list(Out *out, uint64_t size) {
    if (size < 16) write_byte(out, (uint8_t)(0x90 | size));
    else write_headed(out, 0xdc, size, 2);
}

static void write_map(Out *out, uint64_t size) {
    if (size < 16) write_byte(out, (uint8_t)(0x80 | size));
    else write_headed(out, 0xde, size, 2);
}

/* Arithmetic as Python's: whole with whole stays whole. */

static inline double real_of(Number number) { return number.is_real ? number.real : (double)number.whole; }

static inline Number whole_number(int64_t value) { return (Number){false, value, 0}; }

static inline Number real_number(double value) { return (Number){true, 0, value}; }

static Number add(Number one, Number other) {
    return one.is_real || other.is_real ? real_number(real_of(one) + real_of(other)) : whole_number(one.whole + other.whole);
}

static Number subtract(Number one, Number other) {
    return one.is_real || other.is_real ? real_number(real_of(one) - real_of(other)) : whole_number(one.whole - other.whole);
}

static Number times(Number one, int64_t factor) {
    return one.is_real ? real_number(one.real * (double)factor) : whole_number(one.whole * factor);
}

static Number negative(Number one) { return one.is_real ? real_number(-one.real) : whole_number(-one.whole); }

static bool is_below(Number one, Number other) {
    return one.is_real || other.is_real ? real_of(one) < real_of(other) : one.whole < other.whole;
}

static bool is_equal(Number one, Number other) {
    return one.is_real || other.is_real ? real_of(one) == real_of(other) : one.whole == other.whole;
}

/* Whether no result of the row's arithmetic can have left the range in which C and Python agree. */
static bool is_tame(Number number) {
    return number.is_real ? isfinite(number.real) : number.whole >= -WHOLE_MAX && number.whole <= WHOLE_MAX;
}

#endif
