// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/eval/t_test.hpp>

using namespace coco;

// All numbers computed by mpmath with 30 digits: betainc, and the quadrature of Student's density.
TEST_CASE("the incomplete beta function", "[eval][t_test]") {
    CHECK(incomplete_beta(2, 0.5, 0.3) == Approx(0.0378409694858131169).epsilon(1e-12));
    CHECK(incomplete_beta(0.5, 0.5, 0.9) == Approx(0.795167235300866572).epsilon(1e-12));
    CHECK(incomplete_beta(10, 20, 0.4) == Approx(0.785318389762826178).epsilon(1e-12));
    CHECK(incomplete_beta(471, 0.5, 0.99) == Approx(0.00209726860073895942).epsilon(1e-11));
    CHECK(incomplete_beta(1, 1, 0.25) == Approx(0.25).epsilon(1e-14));
    CHECK(incomplete_beta(3, 4, 0) == 0.0);
    CHECK(incomplete_beta(3, 4, 1) == 1.0);
}

TEST_CASE("the upper tail of Student's t", "[eval][t_test]") {
    CHECK(student_upper_tail(2.132, 4) == Approx(0.0499913863695707357).epsilon(1e-12));
    CHECK(student_upper_tail(0.5, 1) == Approx(0.352416382349566726).epsilon(1e-12));
    CHECK(student_upper_tail(3, 942) == Approx(0.00138542869431425761).epsilon(1e-11));
    CHECK(student_upper_tail(-2.132, 4) == Approx(1 - 0.0499913863695707357).epsilon(1e-12));
    CHECK(student_upper_tail(0, 7) == Approx(0.5));
}

TEST_CASE("the paired one-sided test", "[eval][t_test]") {
    const std::vector<double> a{.31, .29, .35, .33, .30}, b{.28, .29, .31, .27, .29};
    CHECK(paired_t_test(a, b) == Approx(0.0293245315546398098).epsilon(1e-9));
    CHECK(paired_t_test(b, a) == Approx(1 - 0.0293245315546398098).epsilon(1e-9));
    CHECK(paired_t_test(a, a) == 0.5);
    CHECK(paired_t_test(std::vector<double>{2, 3}, std::vector<double>{1, 2}) == 0.0);
    CHECK_THROWS_AS(paired_t_test(std::vector<double>{1}, std::vector<double>{1}), Error);
    CHECK_THROWS_AS(paired_t_test(a, std::vector<double>{1, 2}), Error);
}
