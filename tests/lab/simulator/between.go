// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// spoil changes what the simulator says as -misbehave asks for.
func spoil(w http.ResponseWriter, method string, status int, body string) {
	fault := func(text, detail string) string {
		return `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">` +
			`<soapenv:Body><soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>` + text +
			`</faultstring><detail><` + detail + `Fault xmlns="urn:vim25" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="` + detail +
			`"/></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>`
	}
	late := method == "ContinueRetrievePropertiesEx"
	switch {
	case *mode == "cut" && late:
		w.Header().Set("Content-Length", "1000000")
		_, _ = io.WriteString(w, body[:len(body)/2])
		panic(http.ErrAbortHandler)
	case *mode == "fault" && late:
		w.WriteHeader(500)
		_, _ = io.WriteString(w, fault("The session is not authenticated.", "NotAuthenticated"))
	case *mode == "denied" && method == "RetrievePropertiesEx":
		w.WriteHeader(500)
		_, _ = io.WriteString(w, fault("Permission to perform this operation was denied.", "NoPermission"))
	case *mode == "localized" && method == "Login":
		w.WriteHeader(500)
		_, _ = io.WriteString(w, fault("ユーザー名またはパスワードが正しくないため、ログインできません。", "InvalidLogin"))
	case *mode == "huge" && method == "RetrievePropertiesEx":
		_, _ = io.WriteString(w, strings.TrimSuffix(body, "</Envelope>"))
		for blank := strings.Repeat(" ", 1<<20); ; {
			if _, err := io.WriteString(w, blank); err != nil {
				return
			}
		}
	case *mode == "garbage" && method == "RetrievePropertiesEx":
		_, _ = io.WriteString(w, "<html><body>Please log in</body></html>")
	case *mode == "slow" && method == "RetrievePropertiesEx":
		time.Sleep(10 * time.Minute)
	case *mode == "hostile":
		w.WriteHeader(status)
		name := "evil\u202e&#27;[31m&lt;/name&gt;"
		name = strings.Replace(name, "&#27;", "\\x1b", 1)
		_, _ = io.WriteString(w, strings.ReplaceAll(body, "DC0_C0_RP0_VM0", name))
	default:
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func methodOf(body string) string {
	at := strings.Index(body, "Body>")
	if at < 0 {
		return ""
	}
	body = strings.TrimLeft(body[at+len("Body>"):], " \n\t<")
	return body[:strings.IndexAny(body+" ", " >")]
}

// between puts a server in front of the simulator that spoils what it says.
func between(address string, pair tls.Certificate) (string, error) {
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	target := url.URL{Scheme: "https", Host: address}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	handler := func(w http.ResponseWriter, r *http.Request) {
		asked, _ := io.ReadAll(r.Body)
		target.Path = r.URL.Path
		request, _ := http.NewRequest(r.Method, target.String(), strings.NewReader(string(asked)))
		request.Header = r.Header
		reply, err := client.Do(request)
		if err != nil {
			w.WriteHeader(502)
			return
		}
		defer reply.Body.Close()
		body, _ := io.ReadAll(reply.Body)
		for _, cookie := range reply.Header["Set-Cookie"] {
			w.Header().Add("Set-Cookie", cookie)
		}
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		spoil(w, methodOf(string(asked)), reply.StatusCode, string(body))
	}
	server := &http.Server{Handler: http.HandlerFunc(handler), TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}}}
	go func() { _ = server.ServeTLS(listener, "", "") }()
	return listener.Addr().String(), nil
}
