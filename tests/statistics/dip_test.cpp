#include "harness/statistics/dip.h"

#include <catch2/catch.hpp>
#include <random>

TEST_CASE("the dip is that of the literature") {
  // The largest there is, of two atoms; the least of four distinct values, 1 / (2n).
  CHECK(rb::dip({1, 1, 2, 2}) == 0.25);
  CHECK(rb::dip({0, 1, 3, 6}) == 0.125);
  CHECK(rb::dip({7, 7, 7}) == 0);
  // 62 of the 63 values of Hartigan and Hartigan (1985), table 2 (quality of faculties).
  CHECK(rb::dip({30, 33, 35, 36, 37, 37, 39, 39, 39, 39, 39, 40, 40, 40, 40, 41, 42, 43, 43, 43, 44,
                 44, 45, 45, 46, 47, 47, 48, 48, 48, 49, 50, 50, 51, 52, 52, 53, 53, 53, 53, 53, 54,
                 54, 57, 57, 59, 60, 60, 60, 61, 61, 61, 61, 62, 62, 62, 62, 63, 66, 70, 72, 72}) ==
        Approx(7.5 / 124));
}

TEST_CASE("the dip is alike for values and for their negatives") {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  for (int i = 0; i < 100; ++i) {
    std::vector<double> values;
    std::vector<double> negatives;
    for (int k = 0; k < 30; ++k) {
      values.push_back(normal(random));
      negatives.push_back(-values.back());
    }
    CHECK(rb::dip(values) == Approx(rb::dip(negatives)));
  }
}

TEST_CASE("two clusters are seen and one is not") {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> skewed(0, 0.3);
  std::normal_distribution<double> normal(0, 1);
  int one = 0;
  int two = 0;
  for (int i = 0; i < 300; ++i) {
    std::vector<double> unimodal;
    std::vector<double> bimodal;
    for (int k = 0; k < 60; ++k) {
      unimodal.push_back(skewed(random));
      bimodal.push_back(normal(random) + (k % 3 == 0 ? 0 : 8));
    }
    one += rb::is_multimodal(unimodal);
    two += rb::is_multimodal(bimodal);
  }
  CHECK(one == 0);
  CHECK(two > 200);
}

TEST_CASE("few values are not judged") {
  std::vector<double> values(19, 1);
  std::fill(values.begin(), values.begin() + 9, 2);
  CHECK_FALSE(rb::is_multimodal(values));
  values.push_back(2);
  CHECK(rb::is_multimodal(values));
}
