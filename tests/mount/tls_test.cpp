// Over TLS: only the API that the certificates vouch for gets a signature.
#include <sstream>

#include <gmock/gmock.h>

#include "mount_fixture.h"
#include "sandbox/certificates.h"

namespace mediafs::e2e {
namespace {

/// Lines that speak of the certificate.
int complaints_in(const std::string& log) {
  int count = 0;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    const bool says_so = line.find("certificate") != std::string::npos ||
                         line.find("TLS") != std::string::npos || line.find("SSL") != std::string::npos;
    count += says_so ? 1 : 0;
  }
  return count;
}

class Tls : public MountTest {
 protected:
  void serve_with(const sandbox::CertificateFiles& files) {
    api_options.tls_certificate = files.certificate;
    api_options.tls_key = files.key;
    api();
  }

  /// Mounted all the same, but no byte goes either way, and the log says why, once.
  void expect_refused(const MountOptions& options) {
    expect_warnings();
    mount(options);
    EXPECT_EQ(stat_error(media_of(1'000)), EIO);
    EXPECT_EQ(api().total_requests(), 0U);
    EXPECT_EQ(complaints_in(log()), 1) << log();
  }

  const sandbox::TemporaryCertificates certificates_;
  const MountOptions trusting_{{"--cacert", certificates_.files().ca}, {"--deadline", "5s"}};
};

TEST_F(Tls, ReadsFromAnApiThatTheGivenAuthorityVouchesFor) {
  serve_with(certificates_.files().server);
  mount(trusting_);
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1'000}, 8_MiB}) read_whole(media_of(size));
}

TEST_F(Tls, ReadingCostsOneRequestThereToo) {
  serve_with(certificates_.files().server);
  mount(trusting_);
  read_whole(media_of(8_MiB));
  EXPECT_EQ(api().total_requests(), 1U);
}

TEST_F(Tls, WithoutTheAuthorityItIsAnError) {
  serve_with(certificates_.files().server);
  expect_refused({{"--deadline", "5s"}});
}

TEST_F(Tls, AnExpiredCertificateIsAnError) {
  serve_with(certificates_.files().expired);
  expect_refused(trusting_);
}

TEST_F(Tls, AnotherHostsCertificateIsAnError) {
  serve_with(certificates_.files().other_host);
  expect_refused(trusting_);
}

TEST_F(Tls, ASelfSignedCertificateIsAnError) {
  serve_with(certificates_.files().untrusted);
  expect_refused(trusting_);
}

TEST_F(Tls, HttpWhereTlsIsSpokenIsAnError) {
  expect_warnings();
  serve_with(certificates_.files().server);
  ASSERT_EQ(try_mount({{"--deadline", "20s"}}, "http://127.0.0.1:" + std::to_string(api().port())).code, 0);
  EXPECT_EQ(stat_error(media_of(1'000)), EIO);
}

TEST_F(Tls, TlsWhereHttpIsSpokenIsAnError) {
  expect_warnings();
  api();
  MountOptions options = trusting_;
  options["--deadline"] = "1s";
  ASSERT_EQ(try_mount(options, "https://127.0.0.1:" + std::to_string(api().port())).code, 0);
  // The API waits for the rest of what it takes for a request.
  EXPECT_THAT(stat_error(media_of(1'000)), ::testing::AnyOf(EIO, ETIMEDOUT));
  EXPECT_EQ(api().total_requests(), 0U);
}

TEST_F(Tls, AMissingAuthorityFileIsSaidAtOnce) {
  serve_with(certificates_.files().server);
  const Outcome outcome = try_mount({{"--cacert", root() / "nowhere"}});
  EXPECT_EQ(outcome.code, 2) << outcome;
  EXPECT_NE(outcome.err.find("nowhere"), std::string::npos) << outcome;
}

}  // namespace
}  // namespace mediafs::e2e
