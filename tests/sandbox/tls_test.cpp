#include <string>

#include "certificates.h"
#include "sandbox_fixture.h"

namespace mediafs::sandbox {
namespace {

// A server with one of the test certificates, and a client that trusts their authority.
class TlsTest : public SandboxTest {
 protected:
  Server& start_with(const CertificateFiles& files) {
    Options options;
    options.tls_certificate = files.certificate;
    options.tls_key = files.key;
    return start(options);
  }
  httplib::Result trusting_get(const std::string& id) {
    httplib::SSLClient client("127.0.0.1", server().port());
    client.set_ca_cert_path(certificates_.files().ca.c_str());
    client.enable_server_certificate_verification(true);
    return client.Get("/v1/media/" + id, headers_for(id));
  }

  const TemporaryCertificates certificates_;
};

TEST_F(TlsTest, ATrustedCertificateServes) {
  EXPECT_TRUE(start_with(certificates_.files().server).url().starts_with("https://127.0.0.1:"));
  const auto result = trusting_get(kTinyId);
  ASSERT_TRUE(result) << httplib::to_string(result.error());
  EXPECT_EQ(result->body, kTinyBytes);
  EXPECT_EQ(trusting_get("gen-0000004000000-alpha0001")->body.size(), 4'000'000U);
}

TEST_F(TlsTest, BadCertificatesAreRefusedByTheClient) {
  const TestCertificates& files = certificates_.files();
  for (const CertificateFiles* bad : {&files.expired, &files.other_host, &files.untrusted}) {
    start_with(*bad);
    EXPECT_FALSE(trusting_get(kTinyId)) << bad->certificate;
    EXPECT_EQ(server().total_requests(), 0U);
  }
}

TEST_F(TlsTest, AMissingKeyIsAnErrorAtTheStart) {
  EXPECT_THROW(start_with({certificates_.files().server.certificate, {}}), std::runtime_error);
  EXPECT_THROW(start_with({certificates_.files().server.certificate, "no-such.key"}), std::runtime_error);
}

TEST_F(TlsTest, ACutLooksLikeACutToTheClient) {
  start_with(certificates_.files().server);
  server().set_rules("* 1 cut 10");
  EXPECT_FALSE(trusting_get(kTinyId));
  EXPECT_EQ(trusting_get(kTinyId)->body, kTinyBytes);
}

}  // namespace
}  // namespace mediafs::sandbox
