// SPDX-License-Identifier: GPL-2.0-only
/*
 * HTTP on loopback: /metrics, /healthz, and the heat map at /
 *
 * The kernel shows heat and usage to root alone, and so do we, and to those whom
 * the configuration names: each request is answered by whose it is.
 *
 * libmicrohttpd runs inside our loop, by the descriptors that it asks for and its
 * timeout: no thread, so no lock. Its own epoll would not do: that one neither
 * sees the end of a request that was cut off, nor listens again after all its
 * connections were taken.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

#include "tierd-peer.h"
#include "tierd-path.h"

#define CONNECTIONS	32
#define IDLE_SECONDS	15
#define STALE_FACTOR	5	/* samples missed until we call ourselves ill */

struct http {
	struct MHD_Daemon *daemon;
	uint32_t port;
	int epoll;
	int last;			/* highest descriptor in there */
	sd_event_source *io;
	sd_event_source *timer;
};

static const char openmetrics[] = "application/openmetrics-text; version=1.0.0; charset=utf-8";

static enum MHD_Result answer(struct MHD_Connection *c, unsigned int status,
			      const char *type, char *text, size_t len,
			      enum MHD_ResponseMemoryMode memory)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(len, text, memory);
	enum MHD_Result ret;

	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, "Content-Type", type);
	MHD_add_response_header(r, "Cache-Control", "no-store");
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(r, "Content-Security-Policy",
				"default-src 'none'; style-src 'unsafe-inline'");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, "Allow", "GET, HEAD");
	ret = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return ret;
}

static enum MHD_Result sentence(struct MHD_Connection *c, unsigned int status,
				const char *text)
{
	return answer(c, status, "text/plain; charset=utf-8", (char *)text, strlen(text),
		      MHD_RESPMEM_PERSISTENT);
}

/* a page elsewhere must not read us through a name that it points at loopback */
static bool local_name(const char *host)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };
	size_t len;

	if (!host)
		return true;	/* HTTP/1.0 */
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		len = strlen(names[i]);
		if (!strncasecmp(host, names[i], len) && (!host[len] || host[len] == ':'))
			return true;
	}
	return false;
}

static bool may_ask(const struct config *c, uid_t uid)
{
	if (!uid)
		return true;
	for (int i = 0; i < c->nr_http_users; i++)
		if (c->http_user[i] == uid)
			return true;
	return false;
}

/* why the request is refused, NULL if it is not */
static const char *refusal(const struct tierd *d, struct MHD_Connection *c)
{
	static bool told;
	uid_t uid;
	int err = peer_uid(MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->
			   connect_fd, &uid);

	if (!err)
		return may_ask(d->config, uid) ? NULL :
		       "for root and for http_users of tierd.conf only\n";
	if (err == -ENOENT)
		return "who asks has gone\n";
	if (!told)
		tierd_log(LOG_ERR,
			  "HTTP: cannot tell who asks, so all are refused: sock_diag: %s%s",
			  strerror(-err),
			  err == -EOPNOTSUPP ? "; load the modules inet_diag and tcp_diag" : "");
	told = true;
	return "tierd cannot tell who asks; its log says why\n";
}

static bool stale(const struct tierd *d, int64_t time_ms)
{
	return state_now_ms() - time_ms > d->config->interval * 1000LL * STALE_FACTOR;
}

/* of the modules that the configuration is about */
static enum MHD_Result health(const struct tierd *d, struct MHD_Connection *c)
{
	bool pools = config_wants_pools(d->config), maps = config_wants_maps(d->config);

	if (pools && !d->kernel)
		return sentence(c, MHD_HTTP_SERVICE_UNAVAILABLE,
				"the dm-tier module does not answer\n");
	if (maps && !d->paths->kernel)
		return sentence(c, MHD_HTTP_SERVICE_UNAVAILABLE,
				"the dm-mpath-ext module does not answer\n");
	if ((pools && stale(d, d->state.time_ms)) || (maps && stale(d, d->paths->maps.time_ms)))
		return sentence(c, MHD_HTTP_SERVICE_UNAVAILABLE, "no sample for too long\n");
	return sentence(c, MHD_HTTP_OK, "ok\n");
}

static enum MHD_Result made(struct MHD_Connection *c, const char *type, char *text, size_t len)
{
	if (!text)
		return sentence(c, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n");
	return answer(c, MHD_HTTP_OK, type, text, len, MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *c, const char *url,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **context)
{
	static int seen;
	struct tierd *d = arg;
	const char *why;
	size_t len = 0;
	char *text;

	(void)version;
	(void)upload;
	/* the first call is for the headers only */
	if (!*context) {
		*context = &seen;
		return MHD_YES;
	}
	if (*upload_size) {
		*upload_size = 0;
		return MHD_YES;
	}
	if (!local_name(MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Host")))
		return sentence(c, MHD_HTTP_FORBIDDEN, "ask for localhost\n");
	why = refusal(d, c);
	if (why)
		return sentence(c, MHD_HTTP_FORBIDDEN, why);
	if (strcmp(method, "GET") && strcmp(method, "HEAD"))
		return sentence(c, MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD only\n");
	if (!strcmp(url, "/healthz"))
		return health(d, c);
	if (!strcmp(url, "/metrics")) {
		text = metrics_text(d, &len);
		return made(c, openmetrics, text, len);
	}
	if (!strcmp(url, "/")) {
		text = page_html(d, &len);
		return made(c, "text/html; charset=utf-8", text, len);
	}
	return sentence(c, MHD_HTTP_NOT_FOUND, "there are /, /metrics and /healthz\n");
}

static bool full(const struct http *h)
{
	return MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->
		num_connections >= CONNECTIONS;
}

static void watch_fd(const struct http *h, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };

	if (!events)
		epoll_ctl(h->epoll, EPOLL_CTL_DEL, fd, NULL);
	else if (epoll_ctl(h->epoll, EPOLL_CTL_MOD, fd, &e) && errno == ENOENT)
		epoll_ctl(h->epoll, EPOLL_CTL_ADD, fd, &e);
}

/* what the library waits for now; a descriptor may be another one under its old number */
static void watch(struct http *h)
{
	int listener = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_LISTEN_FD)->listen_fd;
	fd_set in, out, odd;
	int last = -1;

	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_ZERO(&odd);
	MHD_get_fdset2(h->daemon, &in, &out, &odd, &last, FD_SETSIZE);
	/* who waits to be let in while there is no room must not keep us awake */
	if (full(h))
		FD_CLR(listener, &in);
	for (int fd = 0; fd <= last || fd <= h->last; fd++)
		watch_fd(h, fd, (FD_ISSET(fd, &in) ? EPOLLIN : 0) |
			 (FD_ISSET(fd, &out) ? EPOLLOUT : 0));
	h->last = last;
}

static void run(struct http *h)
{
	MHD_UNSIGNED_LONG_LONG ms;

	MHD_run(h->daemon);
	watch(h);
	if (MHD_get_timeout(h->daemon, &ms) != MHD_YES) {
		sd_event_source_set_enabled(h->timer, SD_EVENT_OFF);
		return;
	}
	sd_event_source_set_time_relative(h->timer, (uint64_t)ms * 1000);
	sd_event_source_set_enabled(h->timer, SD_EVENT_ONESHOT);
}

static int io_ready(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct tierd *d = arg;

	(void)source;
	(void)fd;
	(void)revents;
	run(d->http);
	return 0;
}

static int timer_due(sd_event_source *source, uint64_t now, void *arg)
{
	struct tierd *d = arg;

	(void)source;
	(void)now;
	run(d->http);
	return 0;
}

static int attach(struct tierd *d, struct http *h)
{
	int err;

	h->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (h->epoll < 0)
		return -errno;
	err = sd_event_add_io(d->event, &h->io, h->epoll, EPOLLIN, io_ready, d);
	if (err < 0)
		return err;
	err = sd_event_add_time_relative(d->event, &h->timer, CLOCK_MONOTONIC, 0, 0, timer_due,
					 d);
	return err < 0 ? err : 0;
}

static int listen_on(struct tierd *d, struct http *h)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)h->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	h->daemon = MHD_start_daemon(MHD_NO_FLAG, 0, NULL, NULL, handle, d,
				     MHD_OPTION_SOCK_ADDR, &address,
				     MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS,
				     MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS,
				     MHD_OPTION_LISTENING_ADDRESS_REUSE, 1, MHD_OPTION_END);
	if (!h->daemon)
		return -errno;
	return attach(d, h);
}

int http_start(struct tierd *d)
{
	int err;

	if (d->http && d->http->port == d->config->http_port)
		return 0;
	http_stop(d);
	if (!d->config->http_port)
		return 0;
	d->http = calloc(1, sizeof(*d->http));
	if (!d->http)
		return -ENOMEM;
	d->http->port = d->config->http_port;
	d->http->epoll = -1;
	err = listen_on(d, d->http);
	if (err) {
		tierd_log(LOG_ERR, "HTTP: cannot listen on 127.0.0.1:%u: %s; choose another http_port",
			  d->config->http_port, strerror(-err));
		http_stop(d);
	}
	return err;
}

void http_stop(struct tierd *d)
{
	if (!d->http)
		return;
	sd_event_source_disable_unref(d->http->io);
	sd_event_source_disable_unref(d->http->timer);
	if (d->http->daemon)
		MHD_stop_daemon(d->http->daemon);
	if (d->http->epoll >= 0)
		close(d->http->epoll);
	free(d->http);
	d->http = NULL;
}
