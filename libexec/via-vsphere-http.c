/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * HTTPS, and who is at its other end: before anything is sent the server's
 * certificate is one that the system (or cacert=) trusts and has the host's
 * name in it, or it is the very one of pin=.
 */

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <unistd.h>

#include "via-vsphere.h"

enum { CONNECT_S = 15, SILENT_S = 60, FINGERPRINT_TEXT = 3 * LEND_VIM_PIN_BYTES };

struct via_server {
	CURL *curl;
	struct curl_slist *headers;
	struct lend_vim_url url;
	char address[LEND_VIM_URL_MAX + 64];
	struct lend_vim_reader *reader;
	struct lend_err *err; /* of the request that goes on */
	bool failed;          /* and err says why */
	/* What was found out about the certificate. */
	bool seen, accepted;
	int trouble; /* X509_V_... */
	char fingerprint[FINGERPRINT_TEXT];
};

/* ---- certificates ---- */

static bool take_fingerprint(struct via_server *s, X509 *certificate)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	if (certificate == NULL || X509_digest(certificate, EVP_sha256(), sum, &len) != 1 ||
	    len != LEND_VIM_PIN_BYTES)
		return false;
	for (unsigned int i = 0; i < len; i++)
		(void)snprintf(s->fingerprint + 3 * (size_t)i, 4, "%02X%s", sum[i],
			       i + 1 < len ? ":" : "");
	s->seen = true;
	return memcmp(sum, s->url.pin, len) == 0;
}

static int verify(X509_STORE_CTX *store, void *context)
{
	struct via_server *s = context;
	bool pinned = take_fingerprint(s, X509_STORE_CTX_get0_cert(store));

	if (s->url.has_pin) {
		s->accepted = pinned;
		X509_STORE_CTX_set_error(store, pinned ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
		return pinned;
	}
	s->accepted = X509_verify_cert(store) == 1;
	s->trouble = X509_STORE_CTX_get_error(store);
	return s->accepted;
}

static CURLcode take_context(CURL *curl, void *ssl, void *context)
{
	(void)curl;
	SSL_CTX_set_cert_verify_callback(ssl, verify, context);
	return CURLE_OK;
}

static int fail_certificate(const struct via_server *s, struct lend_err *err)
{
	const char *host = s->url.host;

	if (s->url.has_pin) {
		lend_hint(err,
			  "it may be another machine; if it got a new certificate, compare "
			  "SHA-256 %s with its console",
			  s->fingerprint);
		return lend_fail(err, LEND_E_REMOTE,
				 "the certificate of %.60s is not the one of pin=", host);
	}
	if (s->accepted) {
		lend_hint(err,
			  "use the name that is in it, or pin=, once you know that %s is its",
			  s->fingerprint);
		return lend_fail(err, LEND_E_REMOTE,
				 "the certificate of %.60s is for another name", host);
	}
	if (s->trouble == X509_V_ERR_CERT_HAS_EXPIRED) {
		lend_hint(err, "renew it; until then pin=, once you know that %s is its",
			  s->fingerprint);
		return lend_fail(err, LEND_E_REMOTE, "the certificate of %.60s has expired",
				 host);
	}
	lend_hint(err, "give cacert=FILE, or pin=%s if its console shows that", s->fingerprint);
	return lend_fail(err, LEND_E_REMOTE, "nobody vouches for the certificate of %.60s: %s",
			 host, X509_verify_cert_error_string(s->trouble));
}

/* ---- talking ---- */

static int fail_curl(const struct via_server *s, CURLcode code, struct lend_err *err)
{
	const char *host = s->url.host;

	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		if (s->seen)
			return fail_certificate(s, err);
		lend_hint(err, "cacert= takes a file with certificates in PEM");
		return lend_fail(err, LEND_E_REMOTE, "the file of cacert= cannot be used: %s",
				 curl_easy_strerror(code));
	case CURLE_SSL_CONNECT_ERROR:
		if (s->seen && !s->accepted)
			return fail_certificate(s, err);
		lend_hint(err, "is %.60s:%u the port of its web client?", host, s->url.port);
		return lend_fail(err, LEND_E_REMOTE, "%.60s does not speak TLS as lend does",
				 host);
	case CURLE_COULDNT_RESOLVE_HOST:
		lend_hint(err, "give its address, or look after the name");
		return lend_fail(err, LEND_E_REMOTE, "nobody knows a host '%.60s'", host);
	case CURLE_COULDNT_CONNECT:
		lend_hint(err, "is it on, and is port %u open to this machine?", s->url.port);
		return lend_fail(err, LEND_E_REMOTE, "%.60s cannot be reached", host);
	case CURLE_OPERATION_TIMEDOUT:
		lend_hint(err, "try again later");
		return lend_fail(err, LEND_E_REMOTE, "%.60s does not answer", host);
	default:
		lend_hint(err, "look again");
		return lend_fail(err, LEND_E_REMOTE, "the connection to %.60s broke: %s", host,
				 curl_easy_strerror(code));
	}
}

static size_t receive(char *bytes, size_t size, size_t n, void *context)
{
	struct via_server *s = context;

	if (lend_vim_reader_put(s->reader, bytes, size * n, s->err) == 0)
		return size * n;
	s->failed = true;
	return 0;
}

static bool set_up(struct via_server *s)
{
	CURL *c = s->curl;

	(void)snprintf(s->address, sizeof(s->address), "https://%s:%u/sdk", s->url.host,
		       s->url.port);
	s->headers = curl_slist_append(NULL, "Content-Type: text/xml; charset=utf-8");
	s->headers = curl_slist_append(s->headers, "SOAPAction: urn:vim25/6.0");
	s->headers = curl_slist_append(s->headers, "Expect:");
	return curl_easy_setopt(c, CURLOPT_URL, s->address) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_COOKIEFILE, "") == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_HTTPHEADER, s->headers) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)SILENT_S) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) ==
		       CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, s->url.has_pin ? 0L : 2L) ==
		       CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION, take_context) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSL_CTX_DATA, s) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, receive) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_WRITEDATA, s) == CURLE_OK;
}

struct via_server *via_server_new(const struct lend_vim_url *url, struct lend_err *err)
{
	struct via_server *s = lend_xrealloc(NULL, sizeof(*s));

	*s = (struct via_server){ .url = *url };
	if (url->cacert != NULL && access(url->cacert, R_OK) < 0) {
		lend_hint(err, "cacert= takes a file with certificates in PEM");
		(void)lend_fail_errno(err, "read '%.120s' of cacert=", url->cacert);
		free(s);
		return NULL;
	}
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		s->curl = curl_easy_init();
	if (s->curl == NULL || !set_up(s) ||
	    (url->cacert != NULL &&
	     (curl_easy_setopt(s->curl, CURLOPT_CAINFO, url->cacert) != CURLE_OK ||
	      curl_easy_setopt(s->curl, CURLOPT_CAPATH, NULL) != CURLE_OK))) {
		(void)lend_fail(err, LEND_E_SYSTEM,
				"libcurl here lacks something: one with OpenSSL is needed");
		via_server_free(s);
		return NULL;
	}
	return s;
}

void via_server_free(struct via_server *s)
{
	if (s == NULL)
		return;
	lend_vim_reader_free(s->reader);
	curl_easy_cleanup(s->curl);
	curl_slist_free_all(s->headers);
	curl_global_cleanup();
	free(s);
}

/* What is no reply of the API is told by its status. */
static int finish(struct via_server *s, struct lend_vim_reply *ret_reply, struct lend_err *err)
{
	struct lend_err inner = { 0 };
	long status = 0;

	(void)curl_easy_getinfo(s->curl, CURLINFO_RESPONSE_CODE, &status);
	if (!s->failed && lend_vim_reader_end(s->reader, ret_reply, &inner) == 0) {
		if (status == 200 || ret_reply->fault != NULL)
			return 0;
	}
	if (s->failed)
		return -1;
	if (status != 200) {
		lend_hint(err, "is it an ESXi host or a vCenter, and is its web service on?");
		return lend_fail(err, LEND_E_REMOTE, "%.60s answers with HTTP status %ld",
				 s->url.host, status);
	}
	lend_hint(err, "is it an ESXi host or a vCenter?");
	return lend_fail(err, LEND_E_REMOTE, "%.60s does not answer as vSphere does: %s",
			 s->url.host, inner.what);
}

int via_server_ask(struct via_server *s, const struct lend_buf *request, lend_vim_take *take,
		   void *context, struct lend_vim_reply *ret_reply, struct lend_err *err)
{
	CURLcode code;

	lend_vim_reader_free(s->reader);
	s->reader = lend_vim_reader_new(take, context);
	s->err = err;
	s->failed = false;
	(void)curl_easy_setopt(s->curl, CURLOPT_POSTFIELDSIZE, (long)request->len);
	(void)curl_easy_setopt(s->curl, CURLOPT_POSTFIELDS, request->text);
	code = curl_easy_perform(s->curl);
	if (code != CURLE_OK && !s->failed)
		return fail_curl(s, code, err);
	/* An error page of another program is mostly no XML. */
	if (s->failed) {
		long status = 0;

		(void)curl_easy_getinfo(s->curl, CURLINFO_RESPONSE_CODE, &status);
		if (status == 200 || status == 500)
			return lend_where(err, "%.60s", s->url.host);
		*err = (struct lend_err){ 0 };
		lend_hint(err, "is it an ESXi host or a vCenter, and is its web service on?");
		return lend_fail(err, LEND_E_REMOTE, "%.60s answers with HTTP status %ld",
				 s->url.host, status);
	}
	return finish(s, ret_reply, err);
}
