// SPDX-License-Identifier: LGPL-2.1-or-later

// An API simulator for lend: govmomi's, with what it lacks: PCI devices and
// their passthrough state, the passthrough system, NVDIMMs, pages.  It serves
// vim25 over TLS on loopback.  It proves the wire format, never what an ESXi
// would think of a request.
//
// When it serves, it writes "PORT SHA-256-OF-CERTIFICATE" into -ready and its
// certificate into -cert.  It ends when its standard input does.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/vmware/govmomi/simulator"
)

var (
	esx      = flag.Bool("esx", false, "a host of its own instead of a vCenter")
	hosts    = flag.Int("hosts", 3, "hosts of the vCenter")
	vms      = flag.Int("vms", 6, "VMs")
	pci      = flag.Int("pci", 0, "more PCI devices on each host")
	page     = flag.Int("page", 100, "objects in one page at most")
	user     = flag.String("user", "reader", "who may log in")
	password = flag.String("password", "secret", "by which password")
	certTo   = flag.String("cert", "", "where to write the certificate")
	ready    = flag.String("ready", "", "where to write port and fingerprint")
	kind     = flag.String("tls", "good", "good, expired or other: of another name")
	mode     = flag.String("misbehave", "", "cut, fault, huge, garbage, slow, localized, hostile")
)

func makeCertificate() (tls.Certificate, error) {
	var pair tls.Certificate
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(now.Unix()),
		Subject:               pkix.Name{CommonName: "simulator"},
		NotBefore:             now.Add(-48 * time.Hour),
		NotAfter:              now.Add(48 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	switch *kind {
	case "expired":
		template.NotAfter = now.Add(-24 * time.Hour)
	case "other":
		template.IPAddresses = nil
		template.DNSNames = []string{"esx9.example.com"}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return pair, err
	}
	if *certTo != "" {
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
		if err := os.WriteFile(*certTo, text, 0600); err != nil {
			return pair, err
		}
	}
	pair.Certificate = [][]byte{der}
	pair.PrivateKey = key
	return pair, nil
}

func tell(address string, pair tls.Certificate) error {
	sum := sha256.Sum256(pair.Certificate[0])
	_, port, err := net.SplitHostPort(address)
	if err != nil || *ready == "" {
		return err
	}
	text := port + " " + hex.EncodeToString(sum[:]) + "\n"
	if err := os.WriteFile(*ready+".new", []byte(text), 0600); err != nil {
		return err
	}
	return os.Rename(*ready+".new", *ready)
}

func model() *simulator.Model {
	if *esx {
		m := simulator.ESX()
		m.Machine = *vms
		return m
	}
	m := simulator.VPX()
	m.Host = 0
	m.ClusterHost = *hosts
	m.Machine = *vms
	return m
}

func main() {
	flag.Parse()
	m := model()
	defer m.Remove()
	if err := m.Create(); err != nil {
		log.Fatal(err)
	}
	if err := fill(m); err != nil {
		log.Fatal(err)
	}
	pair, err := makeCertificate()
	if err != nil {
		log.Fatal(err)
	}
	m.Service.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	m.Service.Listen = &url.URL{Host: "127.0.0.1:0", User: url.UserPassword(*user, *password)}
	m.Service.RegisterEndpoints = true
	server := m.Service.NewServer()
	defer server.Close()
	address := strings.TrimPrefix(server.URL.Host, "//")
	if *mode != "" {
		if address, err = between(address, pair); err != nil {
			log.Fatal(err)
		}
	}
	if err := tell(address, pair); err != nil {
		log.Fatal(err)
	}
	fmt.Println(address)
	_, _ = io.Copy(io.Discard, os.Stdin)
}
