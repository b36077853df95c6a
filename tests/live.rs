//! Tests against a real Samba AD DC. They need the lab (`tests/lab/samba.sh up`) and its variables in the environment;
//! without them each test says so and ends.

mod live {
    mod lab;
    mod auth;
}
