// SPDX-License-Identifier: GPL-2.0
/*
 * Speaks a generic netlink family byte by byte, well or badly, and prints what
 * comes back, for a test to judge. No library, so that nothing mends what is meant
 * to be broken. Which family it is, <module>/netlink_probe.c says.
 *
 *   netlink_probe request <command> [<attribute>]...
 *	"OK", or "<ERRNO> <text>" of the extended acknowledgment; replies before it
 *   netlink_probe repeat <times> <command> [<attribute>]...
 *	the same request again and again; stops at the first that is refused
 *   netlink_probe dump [-b <buffer>] <command> [<attribute>]...
 *	a line for each message, then "end messages=<n> buffers=<n> interrupted=<n>"
 *   netlink_probe interrupt <shell command> <command> [<attribute>]...
 *	dumps by small buffers, runs the shell command half way; prints as dump does
 *   netlink_probe abandon <times> <command> [<attribute>]...
 *	begins dumps and closes the socket
 *   netlink_probe events <count> <seconds>
 *	"listening", then a line for each event
 *   netlink_probe deaf <seconds>
 *	joins the group with the smallest buffer and does not read; then says
 *	whether events were lost
 *   netlink_probe truncate <command> [<attribute>]...
 *	every shorter form of the message, with its true length and with that of
 *	the whole; prints how many were refused
 *   netlink_probe garbage <seed> <times> [<object>]
 *	random messages, many of them to that pool or map; prints how many were
 *	refused
 *
 * Attributes: <name>=<value> of the type it should be, or to be wrong on purpose
 * <name or number>:<form>=<value>, form u8, u32, u64, str, hex (bytes, no final
 * NUL) or long (a string of so many bytes and a NUL).
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink_probe.h"

#define ROOM	65536

struct message {
	union {
		struct nlmsghdr header;
		unsigned char bytes[ROOM];
	};
};

static int family;
static uint32_t group;

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "netlink_probe: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	exit(2);
}

static const struct name *by_name(const struct name *names, const char *name)
{
	for (; names->name; names++)
		if (!strcmp(names->name, name))
			return names;
	return NULL;
}

static const struct name *by_number(const struct name *names, int number)
{
	for (; names->name; names++)
		if (names->number == number)
			return names;
	return NULL;
}

static int command(const char *name)
{
	const struct name *found = by_name(probe.commands, name);

	return found ? found->number : atoi(name);
}

/* -- making messages -- */

static void begin(struct message *m, int type, int flags, int cmd)
{
	struct genlmsghdr *g;

	memset(m, 0, sizeof(m->header) + sizeof(*g));
	m->header.nlmsg_len = NLMSG_LENGTH(sizeof(*g));
	m->header.nlmsg_type = type;
	m->header.nlmsg_flags = NLM_F_REQUEST | flags;
	m->header.nlmsg_seq = 1;
	g = NLMSG_DATA(&m->header);
	g->cmd = cmd;
	g->version = 1;
}

static void put(struct message *m, int type, const void *data, size_t len)
{
	struct nlattr *a = (struct nlattr *)(m->bytes + m->header.nlmsg_len);

	if (m->header.nlmsg_len + NLA_HDRLEN + NLA_ALIGN(len) > ROOM)
		die("the request is too long");
	memset(a, 0, NLA_HDRLEN + NLA_ALIGN(len));
	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	memcpy((char *)a + NLA_HDRLEN, data, len);
	m->header.nlmsg_len += NLA_HDRLEN + NLA_ALIGN(len);
}

static void put_hex(struct message *m, int type, const char *hex)
{
	unsigned char data[256];
	unsigned int byte;
	size_t n = 0;

	for (; sscanf(hex, "%2x", &byte) == 1 && n < sizeof(data); hex += 2)
		data[n++] = byte;
	put(m, type, data, n);
}

static void put_long(struct message *m, int type, size_t len)
{
	char *text = calloc(1, len + 1);

	memset(text, 'a', len);
	put(m, type, text, len + 1);
	free(text);
}

static void put_number(struct message *m, int type, size_t width, const char *value)
{
	uint64_t number = strtoull(value, NULL, 0);

	put(m, type, &number, width);	/* little endian: the low bytes */
}

static void put_form(struct message *m, int type, const char *form, const char *value)
{
	if (!strcmp(form, "u8"))
		put_number(m, type, 1, value);
	else if (!strcmp(form, "u32"))
		put_number(m, type, 4, value);
	else if (!strcmp(form, "u64"))
		put_number(m, type, 8, value);
	else if (!strcmp(form, "str"))
		put(m, type, value, strlen(value) + 1);
	else if (!strcmp(form, "hex"))
		put_hex(m, type, value);
	else if (!strcmp(form, "long"))
		put_long(m, type, strtoul(value, NULL, 0));
	else
		die("no such form: %s", form);
}

static void put_word(struct message *m, const char *word)
{
	char *copy = strdup(word), *value = strchr(copy, '='), *form = strchr(copy, ':');
	const struct name *a;

	if (!value)
		die("not an attribute: %s", word);
	*value++ = 0;
	if (form && form < value)
		*form++ = 0;
	else
		form = NULL;
	a = by_name(probe.attributes, copy);
	if (!a && !form)
		die("no such attribute: %s", copy);
	if (!form)
		form = a->type == 'u' ? "u32" : a->type == 'U' ? "u64" : "str";
	put_form(m, a ? a->number : atoi(copy), form, value);
	free(copy);
}

static void make(struct message *m, int flags, char **words)
{
	begin(m, family, flags, command(*words));
	while (*++words)
		put_word(m, *words);
}

/* -- sockets -- */

static int open_socket(void)
{
	struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	struct timeval limit = { .tv_sec = 60 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC), on = 1;

	if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof(self)))
		die("socket: %s", strerror(errno));
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

static void send_bytes(int fd, const void *data, size_t len)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	if (sendto(fd, data, len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		die("send: %s", strerror(errno));
}

static void send_message(int fd, const struct message *m)
{
	send_bytes(fd, m->bytes, m->header.nlmsg_len);
}

static int receive(int fd, struct message *m, size_t room)
{
	struct iovec part = { m->bytes, room };
	struct msghdr to = { .msg_iov = &part, .msg_iovlen = 1 };
	int n = recvmsg(fd, &to, 0);

	if (n < 0)
		die("receive: %s", strerror(errno));
	if (to.msg_flags & MSG_TRUNC)
		die("a message is longer than %zu bytes", room);
	return n;
}

/* -- reading messages -- */

static const struct nlattr *next_attr(const struct nlattr *a)
{
	return (const struct nlattr *)((const char *)a + NLA_ALIGN(a->nla_len));
}

const void *attr_data(const struct nlattr *a)
{
	return (const char *)a + NLA_HDRLEN;
}

size_t attr_len(const struct nlattr *a)
{
	return a->nla_len - NLA_HDRLEN;
}

#define for_each_attr(a, first, end)						\
	for (a = (first); (const char *)a + NLA_HDRLEN <= (const char *)(end) &&\
	     a->nla_len >= NLA_HDRLEN; a = next_attr(a))

static uint64_t attr_number(const struct nlattr *a, size_t width)
{
	uint64_t value = 0;

	if (attr_len(a) != width)
		die("attribute %d has %zu bytes, not %zu", a->nla_type & NLA_TYPE_MASK,
		    attr_len(a), width);
	memcpy(&value, attr_data(a), width);
	return value;
}

static void print_binary(const struct nlattr *a)
{
	size_t i;

	printf("0x");
	for (i = 0; i < attr_len(a); i++)
		printf("%02x", ((const unsigned char *)attr_data(a))[i]);
}

static void print_attrs(const struct nlattr *first, const void *end, const struct name *names)
{
	const struct nlattr *a;

	for_each_attr(a, first, end) {
		const struct name *name = by_number(names, a->nla_type & NLA_TYPE_MASK);

		if (!name) {
			/* padding has the same number in all of ours */
			if ((a->nla_type & NLA_TYPE_MASK) != PROBE_PAD)
				die("unknown attribute %d in a reply", a->nla_type);
		} else if (name->print) {
			name->print(a);
		} else if (name->type == 'n') {
			printf(" %s{", name->name);
			print_attrs(attr_data(a), (const char *)a + a->nla_len, probe.nested);
			printf(" }");
		} else {
			printf(" %s=", name->name);
			if (name->type == 's')
				printf("%s", (const char *)attr_data(a));
			else if (name->type == 'b')
				print_binary(a);
			else
				printf("%" PRIu64, attr_number(a, name->type == 'u' ? 4 : 8));
		}
	}
}

static void print_message(const struct nlmsghdr *h)
{
	const struct genlmsghdr *g = NLMSG_DATA(h);
	const struct name *name = by_number(probe.commands, g->cmd);

	printf("%s", name ? name->name : "?");
	print_attrs((const void *)((const char *)g + GENL_HDRLEN),
		    (const char *)h + h->nlmsg_len, probe.attributes);
	printf("\n");
}

/* "OK" or an error with the kernel's sentence, which follows @skip bytes of payload */
static void print_verdict(const struct nlmsghdr *h, int error, size_t skip)
{
	const struct nlattr *a;

	if (!error) {
		printf("OK\n");
		return;
	}
	printf("%s", strerrorname_np(-error) ?: "?");
	if (h->nlmsg_flags & NLM_F_ACK_TLVS) {
		for_each_attr(a, (const void *)((const char *)NLMSG_DATA(h) + skip),
			      (const char *)h + h->nlmsg_len)
			if (a->nla_type == NLMSGERR_ATTR_MSG)
				printf(" %s", (const char *)attr_data(a));
	}
	printf("\n");
}

/* a message that ends a conversation: prints how; 0 if it is not one */
static bool ends(const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = NLMSG_DATA(h);
	int error;

	if (h->nlmsg_type == NLMSG_ERROR) {
		print_verdict(h, e->error, sizeof(*e));
		return true;
	}
	if (h->nlmsg_type != NLMSG_DONE)
		return false;
	memcpy(&error, NLMSG_DATA(h), sizeof(error));
	if (error)
		print_verdict(h, error, sizeof(error));
	return true;
}

/* -- the family's numbers -- */

static void read_group(const struct nlattr *groups)
{
	const char *end = (const char *)groups + groups->nla_len;
	const struct nlattr *g, *a;

	for_each_attr(g, (const struct nlattr *)attr_data(groups), end)
		for_each_attr(a, (const struct nlattr *)attr_data(g), (const char *)g + g->nla_len)
			if (a->nla_type == CTRL_ATTR_MCAST_GRP_ID)
				group = attr_number(a, 4);
}

static void find_family(void)
{
	static struct message m;
	const struct nlattr *a;
	int fd = open_socket();

	begin(&m, GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY);
	put(&m, CTRL_ATTR_FAMILY_NAME, probe.family, strlen(probe.family) + 1);
	send_message(fd, &m);
	receive(fd, &m, ROOM);
	if (m.header.nlmsg_type == NLMSG_ERROR) {
		printf("no family: ");
		ends(&m.header);
		exit(1);
	}
	for_each_attr(a, (const struct nlattr *)(m.bytes + NLMSG_LENGTH(GENL_HDRLEN)),
		      m.bytes + m.header.nlmsg_len) {
		if (a->nla_type == CTRL_ATTR_FAMILY_ID)
			family = attr_number(a, 2);
		else if (a->nla_type == CTRL_ATTR_MCAST_GROUPS)
			read_group(a);
	}
	close(fd);
}

/* -- what to do -- */

/* read until the conversation ends */
static void print_answers(int fd)
{
	static struct message m;
	struct nlmsghdr *h;
	int left;

	for (;;) {
		left = receive(fd, &m, ROOM);
		for (h = &m.header; NLMSG_OK(h, (unsigned int)left); h = NLMSG_NEXT(h, left)) {
			if (ends(h))
				return;
			print_message(h);
		}
	}
}

static int do_request(char **words)
{
	static struct message m;
	int fd = open_socket();

	make(&m, NLM_F_ACK, words);
	send_message(fd, &m);
	print_answers(fd);
	return 0;
}

/* the same request again and again; stops at the first that is refused */
static int do_repeat(char **words)
{
	static struct message m;
	int i, n, fd = open_socket(), times = atoi(*words++);
	struct message *reply = malloc(sizeof(*reply));
	const struct nlmsgerr *e;

	if (!reply)
		die("out of memory");
	e = NLMSG_DATA(&reply->header);
	make(&m, NLM_F_ACK, words);
	for (i = 0; i < times; i++) {
		send_message(fd, &m);
		n = receive(fd, reply, ROOM);
		if (n < (int)NLMSG_LENGTH(sizeof(*e)) || e->error) {
			ends(&reply->header);
			return 1;
		}
	}
	printf("OK\n");
	return 0;
}

/* a dump by buffers of @room; @halfway is run once, after the first buffer */
static void dump(int fd, size_t room, const char *halfway)
{
	unsigned int messages = 0, buffers = 0, interrupted = 0;
	static struct message m;
	bool over = false;
	struct nlmsghdr *h;
	int left;

	while (!over) {
		left = receive(fd, &m, room);
		buffers++;
		for (h = &m.header; !over && NLMSG_OK(h, (unsigned int)left);
		     h = NLMSG_NEXT(h, left)) {
			interrupted += !!(h->nlmsg_flags & NLM_F_DUMP_INTR);
			over = ends(h);
			if (!over) {
				messages++;
				print_message(h);
			}
		}
		if (buffers == 1 && halfway) {
			printf("halfway: ");
			fflush(stdout);
			if (system(halfway))
				die("'%s' failed", halfway);
		}
	}
	printf("end messages=%u buffers=%u interrupted=%u\n", messages, buffers, interrupted);
}

static int do_dump(char **words)
{
	static struct message m;
	size_t room = 8192;
	int fd = open_socket();

	if (words[0] && !strcmp(words[0], "-b")) {
		room = strtoul(words[1], NULL, 0);
		words += 2;
	}
	make(&m, NLM_F_DUMP, words);
	send_message(fd, &m);
	dump(fd, room, NULL);
	return 0;
}

static int do_interrupt(char **words)
{
	static struct message m;
	int fd = open_socket();

	make(&m, NLM_F_DUMP, words + 1);
	send_message(fd, &m);
	dump(fd, 4096, words[0]);
	return 0;
}

static int do_abandon(char **words)
{
	static struct message m, reply;
	int i, fd, times = atoi(*words++);

	for (i = 0; i < times; i++) {
		fd = open_socket();
		make(&m, NLM_F_DUMP, words);
		send_message(fd, &m);
		if (i % 2)
			receive(fd, &reply, 4096);
		close(fd);
	}
	return 0;
}

static int join(void)
{
	int fd = open_socket();

	if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group))) {
		printf("%s\n", strerrorname_np(errno));
		exit(1);
	}
	printf("listening\n");
	fflush(stdout);
	return fd;
}

static int do_events(char **words)
{
	int fd = join(), count = atoi(words[0]), limit = atoi(words[1]) * 1000;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	static struct message m;

	while (count-- > 0 && poll(&p, 1, limit) > 0) {
		receive(fd, &m, ROOM);
		print_message(&m.header);
		fflush(stdout);
	}
	return 0;
}

static int do_deaf(char **words)
{
	static struct message m;
	int size = 1, n = 0, fd = open_socket();

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	close(fd);
	fd = join();
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	sleep(atoi(words[0]));
	while (recv(fd, m.bytes, ROOM, MSG_DONTWAIT) >= 0)
		n++;
	printf("%s\n", errno == ENOBUFS ? "lost" : n ? "all" : "none");
	return 0;
}

/* take in what came back, if anything did, and count refusals */
static int drain(int fd, struct message *m)
{
	int n, refused = 0;

	while ((n = recv(fd, m->bytes, ROOM, MSG_DONTWAIT)) > 0) {
		const struct nlmsgerr *e = NLMSG_DATA(&m->header);

		if (m->header.nlmsg_type == NLMSG_ERROR && e->error)
			refused++;
	}
	return refused;
}

static int do_truncate(char **words)
{
	static struct message whole, cut, reply;
	unsigned int len, refused = 0, sent = 0;
	int fd = open_socket();

	make(&whole, NLM_F_ACK, words);
	for (len = 1; len < whole.header.nlmsg_len; len++) {
		memcpy(cut.bytes, whole.bytes, len);
		send_bytes(fd, cut.bytes, len);	/* its header tells more than came */
		refused += drain(fd, &reply);
		if (len < sizeof(cut.header))
			continue;
		cut.header.nlmsg_len = len;
		send_bytes(fd, cut.bytes, len);
		sent++;
		refused += drain(fd, &reply);
	}
	printf("sent=%u refused=%u\n", sent, refused);
	return 0;
}

static void random_attrs(struct message *m, const char *object)
{
	static const int widths[] = { 0, 1, 4, 8, 8, 16, 40, 300 };
	unsigned char data[300];
	int i, j, n = random() % 6;

	if (object && random() % 4)
		put(m, probe.object, object, strlen(object) + 1);
	for (i = 0; i < n; i++) {
		int width = widths[random() % 8];

		for (j = 0; j < width; j++)
			data[j] = random() % 3 ? random() : 0;
		put(m, random() % (probe.attr_max + 4) | (random() % 8 ? 0 : NLA_F_NESTED), data,
		    width);
	}
	/* some lengths lie */
	if (n && !(random() % 4))
		m->bytes[NLMSG_LENGTH(GENL_HDRLEN) + random() % 4] = random();
}

static int do_garbage(char **words)
{
	unsigned int refused = 0, times = atoi(words[1]), i;
	static struct message m, reply;
	int fd = open_socket();

	srandom(atoi(words[0]));
	for (i = 0; i < times; i++) {
		begin(&m, family, random() % 3 ? NLM_F_ACK : NLM_F_DUMP,
		      random() % (probe.cmd_max + 3));
		random_attrs(&m, words[2]);
		send_message(fd, &m);
		refused += drain(fd, &reply);
		if (!(i % 16)) {	/* dumps block the socket until they are read */
			close(fd);
			fd = open_socket();
		}
	}
	printf("sent=%u refused=%u\n", times, refused);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int words;
		int (*run)(char **words);
	} verbs[] = {
		{ "request", 1, do_request }, { "repeat", 2, do_repeat }, { "dump", 1, do_dump },
		{ "interrupt", 2, do_interrupt }, { "abandon", 2, do_abandon },
		{ "events", 2, do_events }, { "deaf", 1, do_deaf },
		{ "truncate", 1, do_truncate }, { "garbage", 2, do_garbage },
	};
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (argc > 1 && !strcmp(argv[1], verbs[i].name) && argc - 2 >= verbs[i].words) {
			find_family();
			return verbs[i].run(argv + 2);
		}
	die("see the head of netlink_probe.c for how to call it");
}
